"""The parts of a mapping put together for the fields of one source."""

from collections.abc import Sequence

import pyarrow as pa

from landbridge.engine.mapping.code_tables import CodeTables
from landbridge.engine.mapping.computed import ComputedMapping, Target
from landbridge.engine.mapping.evaluate import Evaluator, Output
from landbridge.engine.mapping.mapped import RowMapping
from landbridge.engine.mapping.origins import Origin, OriginReader
from landbridge.engine.mapping.selected import SelectMapping
from landbridge.engine.mapping.steps import Steps, compile_steps
from landbridge.kernel.errors import OptionsInvalidError
from landbridge.specs.mapping import MappingSpec


class Compiler:
    """Compiles the mapping of one document for one stream."""

    def __init__(
        self, spec: MappingSpec, stream: str, columns: pa.Schema, tables: CodeTables
    ) -> None:
        self._spec = spec
        self._stream = stream
        self._columns = columns
        self._tables = tables
        self._evaluator: Evaluator | None = None

    def compile(self) -> RowMapping:
        """Return the mapping.

        Raises:
            LandbridgeError: A code table cannot be read.
            OptionsInvalidError: The mapping cannot work for this stream.
        """
        origins = OriginReader(self._columns, self._evaluating)
        targets: list[Target] = []
        for field in self._spec.fields:
            place = f"{self._stream}: field {field.to}"
            origin = origins.origin(field, place)
            steps = compile_steps(field, origin.column, self._tables, place)
            targets.append(Target(origin, steps))
        targets += self._rest(targets)
        if not targets:
            raise OptionsInvalidError(
                f"{self._stream}: the mapping leaves no field",
                hint="list fields, or write rest: keep",
            )
        condition = self._condition()
        if condition is None and all(not target.steps.steps for target in targets):
            carried = [target.source for target in targets]
            if None not in carried:
                return self._select(targets, [name for name in carried if name])
        return ComputedMapping(targets, condition, self._evaluator)

    def _evaluating(self) -> Evaluator:
        if self._evaluator is None:
            self._evaluator = Evaluator(self._columns)
        return self._evaluator

    def _rest(self, targets: Sequence[Target]) -> Sequence[Target]:
        """Source fields that no entry takes.

        An expression takes none of the fields it names, for it adds to them; only one that
        writes a field of the same name replaces it.
        """
        if self._spec.rest == "drop":
            return []
        taken: set[str] = set()
        for target in targets:
            named = target.origin.named
            if target.origin.output is not None:
                named = tuple(name for name in named if name == target.steps.column.name)
            taken |= set(named)
        names = {target.steps.column.name for target in targets}
        found: list[Target] = []
        for at, column in enumerate(self._columns):
            if column.name in taken:
                continue
            if column.name in names:
                raise OptionsInvalidError(
                    f"{self._stream}: field {column.name} is written twice, by its entry and "
                    "as the source's field of that name, which rest: keep adds",
                    hint="write rest: drop, or give one of them another name",
                    field=column.name,
                )
            found.append(_unchanged(column, at))
        return found

    def _condition(self) -> Output | None:
        if self._spec.filter is None:
            return None
        place = f"{self._stream}: filter"
        output = self._evaluating().compile(self._spec.filter, place)
        if output.kind.logical != "bool":
            raise OptionsInvalidError(
                f"{place}: it gives {output.kind.name}, not true or false",
                hint="write a condition, such as status <> 'deleted'",
                expression=self._spec.filter,
            )
        return output

    def _select(self, targets: Sequence[Target], carried: Sequence[str]) -> RowMapping:
        columns = pa.schema([target.steps.column for target in targets])
        sources = [self._columns.get_field_index(name) for name in carried]
        return SelectMapping(columns, sources, self._columns.names)


def _unchanged(column: pa.Field, at: int) -> Target:
    origin = Origin(
        column, (column.name,), carried=column.name, read=lambda rows, _: rows.column(at)
    )
    return Target(origin, Steps((), column))
