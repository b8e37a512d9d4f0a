"""Where the values of a field come from: a column, a constant, a split, a merge or SQL."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import pyarrow as pa
import pyarrow.compute as pc

from landbridge.engine.mapping.evaluate import Evaluator, Output
from landbridge.engine.mapping.failures import Failures, each_value
from landbridge.engine.mapping.kinds import TEXT, kind_of
from landbridge.engine.mapping.steps import constant_array
from landbridge.engine.mapping.texts import text_of
from landbridge.kernel.errors import OptionsInvalidError
from landbridge.specs.mapping import FieldMapping, Merge, PatternSplit, SeparatorSplit

Reader = Callable[[pa.RecordBatch, Failures], pa.Array]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a field comes from.

    Attributes:
        column: What it gives.
        named: Fields of the source that it names.
        carried: The one field it takes as it is, or "".
        read: Gives its values; None when `output` does.
        output: The expression, if it is one.
    """

    column: pa.Field
    named: tuple[str, ...] = ()
    carried: str = ""
    read: Reader | None = None
    output: Output | None = None


class OriginReader:
    """Makes origins for the fields of one source.

    Args:
        schema: Fields of the source, in canonical storage.
        evaluator: Returns what runs expressions; asked only when there is one.
    """

    def __init__(self, schema: pa.Schema, evaluator: Callable[[], Evaluator]) -> None:
        self._schema = schema
        self._evaluator = evaluator

    def origin(self, field: FieldMapping, place: str) -> Origin:
        """Return where a field comes from.

        Raises:
            OptionsInvalidError: It names a field that the source has not, or cannot work.
        """
        if field.column is not None:
            at = self._index(field.column, place)
            return Origin(
                self._schema.field(at),
                (field.column,),
                carried=field.column,
                read=lambda rows, _: rows.column(at),
            )
        if field.split is not None:
            return self._split(field.split, field.to, place)
        if field.merge is not None:
            return self._merge(field.merge, field.to, place)
        if field.expression is not None:
            output = self._evaluator().compile(field.expression, place)
            return Origin(output.kind.field(field.to), output.columns, output=output)
        value = constant_array(field.constant)
        kind = kind_of(pa.field(field.to, value.type))
        return Origin(
            kind.field(field.to),
            read=lambda rows, _: pa.repeat(value[0], rows.num_rows),
        )

    def _index(self, name: str, place: str) -> int:
        at: int = self._schema.get_field_index(name)
        if at < 0:
            close = get_close_matches(name, self._schema.names, n=1, cutoff=0.5)
            raise OptionsInvalidError(
                f"{place}: the source has no field {name}",
                hint=f"did you mean {close[0]}?"
                if close
                else f"it has {', '.join(self._schema.names)}",
                field=name,
            )
        return at

    def _text(self, name: str, place: str) -> Reader:
        at = self._index(name, place)
        kind = kind_of(self._schema.field(at))
        if kind.logical == "binary":
            raise OptionsInvalidError(
                f"{place}: {name} is binary and has no text",
                hint="compute the text in an expression, such as decode(column)",
            )
        return lambda rows, failures: text_of(rows.column(at), kind, failures)

    def _split(self, split: PatternSplit | SeparatorSplit, to: str, place: str) -> Origin:
        text = self._text(split.column, place)
        take = _group(split, place) if isinstance(split, PatternSplit) else _piece(split)
        return Origin(
            TEXT.field(to),
            (split.column,),
            read=lambda rows, failures: take(text(rows, failures)),
        )

    def _merge(self, merge: Merge, to: str, place: str) -> Origin:
        texts = [self._text(name, place) for name in merge.columns]

        def read(rows: pa.RecordBatch, failures: Failures) -> pa.Array:
            parts = [text(rows, failures) for text in texts]
            return joined(parts, merge.separator)

        return Origin(TEXT.field(to), tuple(merge.columns), read=read)


def joined(parts: Sequence[pa.Array], separator: str) -> pa.Array:
    """Return texts joined row by row, nulls left out; null where all are.

    Example:
        >>> joined([pa.array(["a", None]), pa.array(["b", None])], "-").to_pylist()
        ['a-b', None]
    """
    made = parts[0]
    for part in parts[1:]:
        # Joining two of which one is null gives null, so the other one takes its place.
        both = pc.binary_join_element_wise(made, part, separator)
        made = pc.coalesce(both, made, part)
    return made


def _piece(split: SeparatorSplit) -> Callable[[pa.Array], pa.Array]:
    def piece(value: object) -> str | None:
        pieces = str(value).split(split.separator)
        inside = -len(pieces) <= split.index < len(pieces)
        return pieces[split.index] if inside else None

    return lambda texts: each_value(texts, pa.string(), piece, Failures())


def _group(split: PatternSplit, place: str) -> Callable[[pa.Array], pa.Array]:
    """RE2 finds the group: its time is linear in the text, whatever the pattern."""
    pattern, groups = one_group(split.pattern, split.group)
    if split.group > groups:
        raise OptionsInvalidError(
            f"{place}: the pattern has {groups} groups, there is none of number {split.group}",
            hint="put in parentheses what to take, or take group 0, the whole match",
        )
    try:
        pc.extract_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        raise OptionsInvalidError(
            f"{place}: {split.pattern} is no regular expression: {error}",
            hint="the syntax is RE2's: no look-around, no back references",
        ) from error

    def take(texts: pa.Array) -> pa.Array:
        found = pc.extract_regex(texts, pattern)
        return pc.if_else(found.is_valid(), found.field(0), pa.scalar(None, pa.string()))

    return take


def one_group(pattern: str, wanted: int) -> tuple[str, int]:
    r"""Return a pattern in which only one group captures, and how many did.

    Example:
        >>> one_group(r"(a)[(](?:b)(c)", 2)
        ('(?:a)[(](?:b)(?P<taken>c)', 2)
    """
    made: list[str] = []
    groups = 0
    for token in _TOKENS.finditer(pattern):
        text = token[0]
        if token["group"]:
            groups += 1
            text = "(?P<taken>" if groups == wanted else "(?:"
        made.append(text)
    plain = "".join(made)
    return (plain if wanted else f"(?P<taken>{plain})"), groups


_TOKENS = re.compile(
    r"""\\Q.*?(?:\\E|$)                                      # quoted
      | \\.                                                 # escaped
      | \[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]           # one of many
      | (?P<group>\((?!\?)|\(\?P?<\w+>)                    # opens a group
      | .""",
    re.VERBOSE | re.DOTALL,
)
