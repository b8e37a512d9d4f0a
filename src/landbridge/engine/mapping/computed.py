"""Mappings that compute fields, refuse rows, or leave rows out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from typing_extensions import override

from landbridge.engine.mapping.evaluate import Evaluator, Output
from landbridge.engine.mapping.failures import Failures, mask_of
from landbridge.engine.mapping.mapped import Indices, Mapped, RowFault, RowMapping
from landbridge.engine.mapping.origins import Origin
from landbridge.engine.mapping.steps import Steps


@dataclass(frozen=True, slots=True)
class Target:
    """One field of the target.

    Attributes:
        origin: Where it comes from.
        steps: What happens to it.
    """

    origin: Origin
    steps: Steps

    @property
    def source(self) -> str | None:
        """The source field whose values it takes unchanged."""
        kept = self.origin.carried and self.steps.keeps_values
        return self.origin.carried if kept else None


class ComputedMapping(RowMapping):
    """Computes each field column by column; a row's failure concerns that row alone.

    Args:
        targets: Fields of the target, in their order.
        condition: The filter, or None.
        evaluator: Runs the expressions; None when there are none.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        condition: Output | None,
        evaluator: Evaluator | None,
    ) -> None:
        self._targets = targets
        self._condition = condition
        self._evaluator = evaluator
        self._columns = pa.schema([target.steps.column for target in targets])
        self._outputs = [
            target.origin.output for target in targets if target.origin.output is not None
        ]

    @property
    @override
    def columns(self) -> pa.Schema:
        return self._columns

    @override
    def source_of(self, column: str) -> str | None:
        at = self._columns.get_field_index(column)
        return None if at < 0 else self._targets[at].source

    @override
    def apply(self, rows: pa.RecordBatch) -> Mapped:
        kept, faults = self._meeting(rows)
        chosen = rows if kept is None else rows.take(pa.array(kept))
        filtered = rows.num_rows - chosen.num_rows - len(faults)
        arrays, failed = self._computed(chosen)
        faults += [
            RowFault(row if kept is None else int(kept[row]), code, field, reason)
            for row, (code, field, reason) in failed.items()
        ]
        if failed:
            good = np.ones(chosen.num_rows, dtype=np.bool_)
            good[list(failed)] = False
            arrays = [array.filter(pa.array(good)) for array in arrays]
            kept = np.flatnonzero(good) if kept is None else kept[good]
        faults.sort(key=lambda fault: fault.row)
        return Mapped(
            rows=pa.RecordBatch.from_arrays(arrays, schema=self._columns),
            origins=kept,
            filtered=filtered,
            faults=tuple(faults),
        )

    def _meeting(self, rows: pa.RecordBatch) -> tuple[Indices | None, list[RowFault]]:
        """Return which rows meet the filter, None for all, and those on which it fails."""
        if self._condition is None or self._evaluator is None:
            return None, []
        found = self._evaluator.run(rows, [self._condition])
        failed = found.failures[0].rows
        faults = [
            RowFault(row, code, "", f"filter: {reason}")
            for row, (code, reason) in failed.items()
        ]
        meets = mask_of(found.arrays[0])
        return (None if meets.all() else np.flatnonzero(meets)), faults

    def _computed(
        self, rows: pa.RecordBatch
    ) -> tuple[list[pa.Array], dict[int, tuple[str, str, str]]]:
        """Return the columns, and for each failed row its first failure."""
        ready: list[tuple[pa.Array, Failures]] = []
        if self._evaluator is not None and self._outputs:
            found = self._evaluator.run(rows, self._outputs)
            ready = list(zip(found.arrays, found.failures, strict=True))
        expressions = iter(ready)
        arrays: list[pa.Array] = []
        failed: dict[int, tuple[str, str, str]] = {}
        for target in self._targets:
            if target.origin.read is not None:
                failures = Failures()
                values = target.origin.read(rows, failures)
            else:
                values, failures = next(expressions)
            arrays.append(target.steps.apply(values, failures))
            for row, (code, reason) in failures.rows.items():
                failed.setdefault(row, (code, target.steps.column.name, reason))
        return arrays, failed
