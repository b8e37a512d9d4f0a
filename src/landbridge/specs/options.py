"""A connection's options against the model of its connector."""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TypeVar

from pydantic import BaseModel, JsonValue

from landbridge.specs.codes import FaultCode
from landbridge.specs.faults import Fault, Where, invalid
from landbridge.specs.got import HIDDEN
from landbridge.specs.judge import judge_json
from landbridge.specs.references import REFERENCE
from landbridge.specs.tree import node_at, texts_of, tree_of

OptionsT = TypeVar("OptionsT", bound=BaseModel)
_OF_CONTENT = frozenset(
    {
        FaultCode.VALUE_REFUSED,
        FaultCode.VALUE_UNKNOWN,
        FaultCode.PATTERN_UNMET,
        FaultCode.NAME_MALFORMED,
        FaultCode.TOO_SHORT,
        FaultCode.TOO_LONG,
    }
)


def validate_options(
    model: type[OptionsT],
    raw: Mapping[str, JsonValue],
    where: Where,
    *,
    hide: Collection[str] = (),
) -> OptionsT:
    """Return the options of a connection as its connector's model.

    Args:
        model: The connector's options.
        raw: The options, with secrets in place of references.
        where: The options as written (`Project.where(connection, "options")`); faults show
            what is written there, never what references stood for.
        hide: Texts of secrets, starred should a validator of the model repeat one.

    Raises:
        DocumentsInvalidError: With every fault.
    """
    judged = judge_json(model, json.dumps(dict(raw)), _written(where, raw))
    if isinstance(judged, list):
        raise invalid([_starred(fault, hide) for fault in judged])
    return judged


def check_options(
    model: type[BaseModel], raw: Mapping[str, JsonValue], where: Where
) -> tuple[Fault, ...]:
    """Return what is wrong with options as far as it shows before secrets are known.

    The content of a text that refers to a secret is left for `validate_options`.
    """
    written = _written(where, raw)
    judged = judge_json(model, json.dumps(dict(raw)), written)
    if not isinstance(judged, list):
        return ()
    options = node_at(written.root, written.prefix)
    referring = {
        written.place(*path).field
        for path, text in (texts_of(options) if options is not None else ())
        if REFERENCE.search(text) is not None
    }
    return tuple(
        fault
        for fault in judged
        if fault.place.field not in referring or fault.code not in _OF_CONTENT
    )


def _written(where: Where, raw: Mapping[str, JsonValue]) -> Where:
    """Return the options as written, or as starred values when they are in no file."""
    if node_at(where.root, where.prefix) is not None or not raw:
        return where
    return Where(where.file, tree_of({key: _mask(value) for key, value in raw.items()}))


def _mask(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: _mask(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_mask(below) for below in value]
    return HIDDEN if isinstance(value, str) else value


def _starred(fault: Fault, hide: Collection[str]) -> Fault:
    facts = dict(fault.facts)
    for name, fact in facts.items():
        for text in hide:
            if isinstance(fact, str) and text and text in fact:
                facts[name] = fact = fact.replace(text, HIDDEN)  # noqa: PLW2901  each in turn
    return replace(fault, facts=facts)
