"""Documents and batches for the tests of mappings."""

import json
from collections.abc import Mapping, Sequence

import pyarrow as pa
from typing_extensions import override

from landbridge.data.schema import StreamSchema
from landbridge.engine.mapping.code_tables import CodeTables
from landbridge.engine.mapping.compile import compile_mapping
from landbridge.engine.mapping.mapped import Mapped, RowMapping
from landbridge.specs.mapping import FileCodeTable, MappingSpec, StreamCodeTable

Document = Mapping[str, object]


class StoredTables(CodeTables):
    """Code tables that a test writes down, by file or stream."""

    def __init__(self, tables: Mapping[str, pa.Table]) -> None:
        self._tables = tables

    @override
    def pairs(self, table: FileCodeTable | StreamCodeTable) -> pa.Table:
        return self._tables[table.file if isinstance(table, FileCodeTable) else table.stream]


NO_TABLES = StoredTables({})


def pairs(entries: Mapping[object, object]) -> pa.Table:
    """Return a code table of these entries."""
    return pa.table({"key": list(entries), "value": list(entries.values())})


def spec(document: Document) -> MappingSpec:
    """Return the mapping that a document describes."""
    return MappingSpec.model_validate_json(json.dumps(document))


def mapping(
    document: Document, columns: pa.Schema, tables: CodeTables = NO_TABLES
) -> RowMapping:
    """Return the compiled mapping of a document."""
    return compile_mapping(spec(document), StreamSchema("orders", columns), tables)


def only(field: Document, values: pa.Array, tables: CodeTables = NO_TABLES) -> Mapped:
    """Map one column `a` by one field `x`."""
    rows = pa.record_batch([values], names=["a"])
    document = {"rest": "drop", "fields": [{"to": "x", **field}]}
    return mapping(document, rows.schema, tables).apply(rows)


def cast(values: pa.Array, **rules: object) -> Mapped:
    """Map one column by a cast."""
    return only({"from": "a", **rules}, values)


def found(mapped: Mapped) -> list[object]:
    """Return the values of field `x`."""
    values: list[object] = mapped.rows.column("x").to_pylist()
    return values


def codes(mapped: Mapped) -> list[str]:
    """Return the codes of the faults."""
    return [fault.code for fault in mapped.faults]


def reasons(mapped: Mapped) -> list[str]:
    """Return the reasons of the faults."""
    return [fault.reason for fault in mapped.faults]


def texts(values: Sequence[str | None]) -> pa.Array:
    """Return a column of texts."""
    return pa.array(values, pa.string())


def account(mapped: Mapped, rows: int) -> None:
    """Hold a mapped batch to its promise: every row once, in order."""
    kept = [mapped.origin_of(row) for row in range(mapped.rows.num_rows)]
    faulty = [fault.row for fault in mapped.faults]
    assert len(kept) + mapped.filtered + len(faulty) == rows
    assert kept == sorted(set(kept))
    assert len(set(faulty)) == len(faulty)
    assert not set(kept) & set(faulty)
    assert all(0 <= row < rows for row in [*kept, *faulty])
