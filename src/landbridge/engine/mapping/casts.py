"""Casting one kind of value to another, by the rules a field states."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from landbridge.data.types import UUID, Logical
from landbridge.data.uuids import uuid_bytes
from landbridge.engine.mapping.cast_numbers import Cast, exact_cast, float_cast
from landbridge.engine.mapping.cast_times import TimeCast, written_times
from landbridge.engine.mapping.failures import (
    CAST,
    Failures,
    ValueRefusedError,
    each_value,
    mask_of,
    shown,
    without,
)
from landbridge.engine.mapping.kinds import Kind
from landbridge.engine.mapping.number_format import NumberFormat
from landbridge.engine.mapping.texts import text_of
from landbridge.engine.mapping.time_format import TimeFormat
from landbridge.engine.mapping.zones import Zone
from landbridge.kernel.errors import OptionsInvalidError

_TIMES = frozenset({"date", "time", "timestamp", "instant"})
_NUMBERS = frozenset({"int", "float", "decimal"})
_YES = frozenset({"true", "t", "yes", "y", "on", "1", "是"})
_NO = frozenset({"false", "f", "no", "n", "off", "0", "否"})
_UUID = r"^\s*([0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\s*$"
_UUID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Rules:
    """What a field states about its cast.

    Attributes:
        rounding: What happens to digits that are not kept.
        time_zone: Where times without a zone are meant.
        encoding: How text is written in bytes.
        format: How a time or a number is written as text.
    """

    rounding: str | None = None
    time_zone: str | None = None
    encoding: str | None = None
    format: str | None = None


def cast_of(source: Kind, target: Kind, rules: Rules, place: str) -> Cast:
    """Return the cast from one kind to another.

    Args:
        source: What there is.
        target: What is wanted.
        rules: What the field states.
        place: Which field it is, for messages.

    Raises:
        OptionsInvalidError: There is no such cast, or a rule is missing or unfit.
    """
    cast = _find(source, target, rules, place)
    if cast is None:
        raise OptionsInvalidError(
            f"{place}: there is no cast from {source.name} to {target.name}",
            hint="compute the value in an expression, or leave the type out",
        )
    return cast


def _find(source: Kind, target: Kind, rules: Rules, place: str) -> Cast | None:
    wanted = target.logical
    if wanted == "float":
        return float_cast(source, target, _number_format(rules, place))
    if wanted in _NUMBERS:
        return exact_cast(source, target, rules.rounding, _number_format(rules, place))
    if wanted in _TIMES:
        layout = None if rules.format is None else TimeFormat.of(rules.format, place)
        return TimeCast(target, _zone(rules), layout).of(source, place)
    if wanted == "binary":
        return _to_binary(source, rules)
    if wanted in _PLAIN:
        return _PLAIN[wanted](source)
    return _to_text(source, rules, place)


def _zone(rules: Rules) -> Zone | None:
    return None if rules.time_zone is None else Zone(rules.time_zone)


def _number_format(rules: Rules, place: str) -> NumberFormat | None:
    return None if rules.format is None else NumberFormat.of(rules.format, place)


def _same(values: pa.Array, _: Failures) -> pa.Array:
    return values


def _as_text(source: Kind) -> Cast:
    return lambda values, failures: text_of(values, source, failures)


def _to_text(source: Kind, rules: Rules, place: str) -> Cast:
    if source.logical == "binary":
        return _decoding(rules.encoding or "utf-8")
    if rules.format is not None:
        return _written(source, rules, place)
    if source.logical == "instant" and rules.time_zone is not None:
        return _local_text(rules.time_zone, place, _as_text)
    return _same if source.is_text else _as_text(source)


def _written(source: Kind, rules: Rules, place: str) -> Cast:
    pattern = rules.format or ""
    if source.logical in _NUMBERS:
        layout = NumberFormat.of(pattern, place)
        return _written_numbers(source, layout)
    if source.logical in _TIMES:
        form = TimeFormat.of(pattern, place)

        def writing(kind: Kind) -> Cast:
            return lambda values, failures: written_times(values, kind, form, failures)

        if source.logical == "instant" and rules.time_zone is not None:
            return _local_text(rules.time_zone, place, writing)
        return writing(source)
    raise OptionsInvalidError(
        f"{place}: format {pattern} has no use for {source.name}",
        hint="it says how a date, a time or a number becomes text",
    )


def _local_text(zone: str, place: str, writing: Callable[[Kind], Cast]) -> Cast:
    """Text of an instant as clocks of the zone show it."""
    instant, local = (
        Kind(pa.timestamp("us", "UTC"), "instant"),
        Kind(pa.timestamp("us"), "timestamp"),
    )
    move = cast_of(instant, local, Rules(time_zone=zone), place)
    write = writing(local)
    return lambda values, failures: write(move(values, failures), failures)


def _written_numbers(source: Kind, layout: NumberFormat) -> Cast:
    def convert(value: object) -> str:
        text = str(value)
        if "e" in text or not text[-1:].isdigit():
            raise ValueRefusedError(f"{text} cannot be written as {layout.pattern}")
        return layout.written(text)

    return lambda values, failures: each_value(
        text_of(values, source, failures), pa.string(), convert, failures
    )


def _decoding(encoding: str) -> Cast:
    def convert(value: object) -> str:
        assert isinstance(value, bytes)  # noqa: S101  of a binary column
        try:
            return value.decode(encoding)
        except UnicodeError as error:
            raise ValueRefusedError(f"{shown(value)} is not {encoding}") from error

    def cast(values: pa.Array, failures: Failures) -> pa.Array:
        if encoding == "utf-8":
            try:
                return values.cast(pa.string())
            except pa.ArrowInvalid:
                pass
        return each_value(values, pa.string(), convert, failures)

    return cast


def _to_binary(source: Kind, rules: Rules) -> Cast | None:
    encoding = rules.encoding or "utf-8"
    if source.logical in {"binary", "uuid"}:
        return lambda values, _: values.cast(pa.binary())
    if not source.is_text:
        return None
    if encoding == "utf-8":
        return lambda values, _: values.cast(pa.binary())

    def convert(value: object) -> bytes:
        try:
            return str(value).encode(encoding)
        except UnicodeError as error:
            raise ValueRefusedError(
                f"{shown(value)} cannot be written in {encoding}"
            ) from error

    return lambda values, failures: each_value(values, pa.binary(), convert, failures)


def _to_bool(source: Kind) -> Cast | None:
    if source.logical == "bool":
        return _same
    if not (source.is_text or source.logical in _NUMBERS):
        return None

    def convert(value: object) -> bool:
        word = str(value).strip().lower()
        if source.logical in _NUMBERS:
            word = {"0.0": "0", "1.0": "1", "-0": "0"}.get(word, word)
        if word in _YES:
            return True
        if word in _NO:
            return False
        raise ValueRefusedError(f"{shown(value) if source.is_text else value} is not bool")

    return lambda values, failures: each_value(
        _unscaled(values, source, failures), pa.bool_(), convert, failures
    )


def _unscaled(values: pa.Array, source: Kind, failures: Failures) -> pa.Array:
    text = text_of(values, source, failures)
    if source.logical != "decimal":
        return text
    return pc.replace_substring_regex(text, r"\.0+$", "")


def _to_json(source: Kind) -> Cast | None:
    if source.logical == "json":
        return _same
    if source.logical in {"bool", "int", "decimal"}:
        return _as_text(source)
    if not source.is_text:
        return None

    def convert(value: object) -> str:
        try:
            json.loads(str(value), parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise ValueRefusedError(f"{shown(value)} is not JSON") from error
        return str(value)

    return lambda values, failures: each_value(values, pa.string(), convert, failures)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _to_uuid(source: Kind) -> Cast | None:
    if source.logical == "uuid":
        return _same
    if source.logical == "binary":
        return _uuid_of_binary
    return _uuid_of_text if source.is_text else None


def _uuid_of_text(values: pa.Array, failures: Failures) -> pa.Array:
    wrong = ~mask_of(pc.match_substring_regex(values, _UUID).fill_null(True))  # noqa: FBT003
    failures.add_where(wrong, CAST, lambda row: f"{shown(values[row].as_py())} is not uuid")
    return uuid_bytes(pc.utf8_trim_whitespace(without(values, wrong)))


def _uuid_of_binary(values: pa.Array, failures: Failures) -> pa.Array:
    sizes = pc.binary_length(values).fill_null(_UUID_BYTES)
    wrong = np.asarray(sizes) != _UUID_BYTES
    failures.add_where(wrong, CAST, lambda row: f"{shown(values[row].as_py())} is not uuid")
    return without(values, wrong).cast(UUID)


_PLAIN: Mapping[Logical, Callable[[Kind], Cast | None]] = {
    "bool": _to_bool,
    "json": _to_json,
    "uuid": _to_uuid,
}
