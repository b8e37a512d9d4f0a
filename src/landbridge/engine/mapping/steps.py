"""What happens to one field of the target, from its origin to its type."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from landbridge.data.types import meaning_of
from landbridge.engine.mapping.casts import Rules, cast_of
from landbridge.engine.mapping.code_tables import CodeTables
from landbridge.engine.mapping.failures import REQUIRED, Failures
from landbridge.engine.mapping.kinds import TEXT, Kind, kind_named, kind_of
from landbridge.engine.mapping.lookup import Lookup
from landbridge.engine.mapping.normalise import Change, changes, lengthens
from landbridge.engine.mapping.texts import text_of
from landbridge.kernel.errors import OptionsInvalidError
from landbridge.specs.mapping import FieldMapping
from landbridge.specs.spec import Scalar

Step = Callable[[pa.Array, Failures], pa.Array]


@dataclass(frozen=True, slots=True)
class Steps:
    """Everything between a field's origin and the target.

    Attributes:
        steps: One after another.
        column: The field of the target.
        keeps_values: Whether every value that is not refused comes out as it went in.
    """

    steps: tuple[Step, ...]
    column: pa.Field
    keeps_values: bool = True

    def apply(self, values: pa.Array, failures: Failures) -> pa.Array:
        """Return the field's values; those of failed rows mean nothing."""
        for step in self.steps:
            values = step(values, failures)
        return values


def compile_steps(
    field: FieldMapping, origin: pa.Field, tables: CodeTables, place: str
) -> Steps:
    """Return the steps of a field.

    Args:
        field: What the document says.
        origin: The column that its origin gives.
        tables: Where code tables come from.
        place: Which field it is, for messages.

    Raises:
        LandbridgeError: A code table cannot be read.
        OptionsInvalidError: Something that the field asks for cannot work.
    """
    kind = before = kind_of(origin)
    steps: list[Step] = []
    if field.normalise:
        steps += _normalising(field, kind, place)
        kind = TEXT if not kind.is_text else kind
    if field.code_table is not None:
        lookup = Lookup.load(field.code_table, kind, tables, place)
        steps.append(lookup.apply)
        kind = lookup.kind
    target = kind if field.type is None else kind_named(field.type)
    rules = Rules(field.rounding, field.time_zone, field.encoding, field.format)
    if target != kind or (kind.is_text and rules.format is not None):
        steps.append(cast_of(kind, target, rules, place))
    if field.default is not None:
        steps.append(_filling(field.default, target, rules, place))
    if field.required:
        steps.append(_refuse_null)
    meaning = meaning_of(origin)
    length = meaning.length
    if field.code_table is not None or target.logical != before.logical:
        length = None
    if lengthens(field.normalise) or field.default is not None:
        length = None
    if not steps or steps == [_refuse_null]:
        return Steps(tuple(steps), _kept(field, origin))
    column = target.field(
        field.to, comment=meaning.comment, length=length, nullable=not field.required
    )
    return Steps(tuple(steps), column, keeps_values=False)


def constant_array(value: Scalar) -> pa.Array:
    """Return a constant of a document as an array of one value.

    A float that stands in a document keeps its decimal text when it is cast to a decimal.
    """
    if value is None:
        return pa.array([None], pa.string())
    if isinstance(value, bool):
        return pa.array([value], pa.bool_())
    if isinstance(value, int):
        return _whole_number(value)
    return pa.array([value])


def _whole_number(value: int) -> pa.Array:
    try:
        return pa.array([value], pa.int64())
    except OverflowError:
        return pa.array([str(value)]).cast(pa.decimal256(76, 0))


def _kept(field: FieldMapping, origin: pa.Field) -> pa.Field:
    kept = origin.with_name(field.to)
    return kept.with_nullable(False) if field.required else kept  # noqa: FBT003  Arrow's positional argument


def _normalising(field: FieldMapping, kind: Kind, place: str) -> Sequence[Step]:
    if kind.logical == "binary":
        raise OptionsInvalidError(
            f"{place}: binary has no text to normalise",
            hint="compute the text in an expression, such as decode(column)",
        )
    changing = [_changed_by(change) for change in changes(field.normalise)]
    if kind.is_text:
        return changing
    return [lambda values, failures: text_of(values, kind, failures), *changing]


def _changed_by(change: Change) -> Step:
    return lambda values, _: change(values)


def _filling(value: Scalar, target: Kind, rules: Rules, place: str) -> Step:
    """The default goes through the cast of the field, so it may be written as its values."""
    given = constant_array(value)
    kind = kind_of(pa.field("default", given.type))
    if kind == target:
        return lambda values, _: pc.fill_null(values, given[0])
    for allowed in (rules, Rules(rules.rounding, rules.time_zone, rules.encoding)):
        failures = Failures()
        made = cast_of(kind, target, allowed, f"{place}, default")(given, failures)
        if not failures.rows:
            return lambda values, _: pc.fill_null(values, made[0])
    raise OptionsInvalidError(
        f"{place}: the default {value!r} is not {target.name}",
        hint="give a default that the field's type can hold",
    )


def _refuse_null(values: pa.Array, failures: Failures) -> pa.Array:
    if values.null_count:
        missing = np.asarray(values.is_null())
        failures.add_where(missing, REQUIRED, lambda _: "it is null, and the field is required")
    return values
