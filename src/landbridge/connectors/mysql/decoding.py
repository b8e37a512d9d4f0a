"""Texts of the server to the storages of columns, exactly or not at all."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from landbridge.connectors.mysql.types import ReadType
from landbridge.data.types import INSTANT, TIMESTAMP
from landbridge.data.uuids import uuid_bytes
from landbridge.kernel.errors import DataUnreadableError

_ZERO_PATTERN = r"^\d{4}-(00-\d\d|\d\d-00)($|[ T])"
_CLOCK = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?")
_EPOCH = "1970-01-01"
_DAY_US = 86_400_000_000
_HINTS = {
    "date": "zero_dates: null reads dates without month or day as NULL",
    "timestamp": "zero_dates: null reads dates without month or day as NULL",
    "instant": "zero_dates: null reads dates without month or day as NULL",
    "time": "times: text reads times that are negative or beyond 24 hours",
    "bool": "booleans: int reads every value of tinyint(1)",
}


@dataclass(frozen=True, slots=True)
class Decoder:
    """Decodes one column.

    Attributes:
        stream: Its table, for messages.
        name: Its name.
        kind: How it is read.
        zero_is_null: Zero dates become NULL instead of an error.
    """

    stream: str
    name: str
    kind: ReadType
    zero_is_null: bool = False

    def decode(self, raw: pa.Array) -> pa.Array:
        """Return the values in their storage.

        Raises:
            DataUnreadableError: A value has no equal there; the message shows it.
        """
        if self.kind.logical == "binary":
            return raw
        try:
            text = raw.cast(pa.string())
        except pa.ArrowInvalid as error:
            raise self._unreadable(f"holds text that is not UTF-8: {error}") from error
        try:
            return self._from_text(text)
        except (pa.ArrowInvalid, ValueError):
            return self._with_care(text)

    def _from_text(self, text: pa.Array) -> pa.Array:
        storage = self.kind.storage
        if storage == pa.string():
            return text
        match self.kind.logical:
            case "instant":
                return text.cast(TIMESTAMP).cast(INSTANT)
            case "uuid":
                return uuid_bytes(text)
            case "time":
                return (
                    pc.binary_join_element_wise(_EPOCH, text, " ").cast(TIMESTAMP).cast(storage)
                )
            case "bool":
                return _truth(text.cast(pa.int8()))
            case _:
                return text.cast(storage)

    def _with_care(self, text: pa.Array) -> pa.Array:
        """Try again after what Arrow does not know: zero dates, 24:00:00."""
        if self.kind.logical in {"date", "timestamp", "instant"} and self.zero_is_null:
            zero = pc.match_substring_regex(text, _ZERO_PATTERN)
            text = pc.if_else(zero, pa.scalar(None, pa.string()), text)
        elif self.kind.logical == "time":
            return self._clock(text.to_pylist())
        try:
            return self._from_text(text)
        except (pa.ArrowInvalid, ValueError) as error:
            value = self._first_bad(text)
            raise self._unreadable(f"holds {value!r}, which is no {self._words}") from error

    def _clock(self, texts: Sequence[str | None]) -> pa.Array:
        numbers: list[int | None] = []
        for text in texts:
            number = None if text is None else _microseconds(text)
            if text is not None and number is None:
                raise self._unreadable(f"holds {text!r}, which is no {self._words}")
            numbers.append(number)
        return pa.array(numbers, pa.int64()).cast(self.kind.storage)

    def _first_bad(self, text: pa.Array) -> str:
        for at in range(len(text)):
            try:
                self._from_text(text.slice(at, 1))
            except (pa.ArrowInvalid, ValueError):
                return str(text[at].as_py())
        return "a value"

    @property
    def _words(self) -> str:
        return "time of day" if self.kind.logical == "time" else self.kind.logical

    def _unreadable(self, what: str) -> DataUnreadableError:
        return DataUnreadableError(
            f"{self.stream}.{self.name} {what}",
            hint=_HINTS.get(self.kind.logical, ""),
            stream=self.stream,
            column=self.name,
        )


def _truth(values: pa.Array) -> pa.Array:
    if len(values) and pc.any(pc.greater(pc.bit_wise_and(values, ~1), 0)).as_py():
        raise ValueError("neither 0 nor 1")
    if len(values) and pc.any(pc.less(values, 0)).as_py():
        raise ValueError("neither 0 nor 1")
    return values.cast(pa.bool_())


def _microseconds(text: str) -> int | None:
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds, fraction = found.groups()
    total = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
    number = total * 1_000_000 + int((fraction or "0").ljust(6, "0"))
    return number if number <= _DAY_US else None
