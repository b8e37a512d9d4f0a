"""Code tables: what each value of a field becomes."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from landbridge.engine.mapping.code_tables import CodeTables
from landbridge.engine.mapping.failures import CODE_TABLE, Failures, shown
from landbridge.engine.mapping.kinds import TEXT, Kind, kind_of
from landbridge.engine.mapping.texts import text_of
from landbridge.kernel.errors import OptionsInvalidError
from landbridge.specs.mapping import FileCodeTable, StreamCodeTable, Unmatched


@dataclass(frozen=True, slots=True)
class Lookup:
    """A loaded code table.

    Attributes:
        name: What messages call it.
        keys: Texts of its keys, each once.
        values: Values, one per key.
        source: Kind of the values looked up.
        kind: Kind of what comes out.
        unmatched: What a value that is no key becomes.
    """

    name: str
    keys: pa.Array
    values: pa.Array
    source: Kind
    kind: Kind
    unmatched: Unmatched

    @classmethod
    def load(
        cls,
        table: FileCodeTable | StreamCodeTable,
        source: Kind,
        tables: CodeTables,
        place: str,
    ) -> "Lookup":
        """Read a code table.

        Args:
            table: What the document says.
            source: Kind of the values that are looked up.
            tables: Where its pairs come from.
            place: Which field it is, for messages.

        Raises:
            LandbridgeError: It cannot be read.
            OptionsInvalidError: A key has two values, or stands for binary.
        """
        pairs = tables.pairs(table)
        name = table.file if isinstance(table, FileCodeTable) else table.stream
        key_kind = kind_of(pairs.schema.field("key"))
        kind = kind_of(pairs.schema.field("value"))
        kept_apart = table.unmatched == "keep" and kind != source
        texts = {source.logical, key_kind.logical} | ({kind.logical} if kept_apart else set())
        if "binary" in texts:
            raise OptionsInvalidError(
                f"{place}: code table {name}: binary values cannot be looked up",
                hint="make text of them in a flow before, with type: string and an encoding",
            )
        keys = text_of(_stored(pairs["key"], key_kind), key_kind, Failures())
        values = _stored(pairs["value"], kind)
        rows = _first_of_each(keys)
        _refuse_two_values(f"{place}: code table {name}", keys, values, rows)
        keys, values = keys.take(rows), values.take(rows)
        if kept_apart:
            values, kind = text_of(values, kind, Failures()), TEXT
        return cls(name, keys, values, source, kind, table.unmatched)

    def apply(self, values: pa.Array, failures: Failures) -> pa.Array:
        """Return what the values become; null stays null."""
        texts = text_of(values, self.source, failures)
        at = pc.index_in(texts, value_set=self.keys, skip_nulls=True)
        found = self.values.take(at)
        unknown = np.asarray(at.is_null()) & ~np.asarray(texts.is_null())
        if not unknown.any():
            return found
        if self.unmatched == "refuse":
            failures.add_where(
                unknown,
                CODE_TABLE,
                lambda row: f"{shown(texts[row].as_py())} is not in code table {self.name}",
            )
        if self.unmatched == "keep":
            kept = values if self.kind == self.source else texts
            return pc.if_else(pa.array(unknown), kept, found)
        return found


def _whole(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _stored(column: pa.ChunkedArray, kind: Kind) -> pa.Array:
    values = _whole(column)
    return values if values.type == kind.storage else values.cast(kind.storage)


def _first_of_each(keys: pa.Array) -> pa.Array:
    numbered = pa.table({"key": keys, "row": pa.array(np.arange(len(keys)))})
    firsts = numbered.filter(pc.is_valid(numbered["key"])).group_by("key")
    return _whole(firsts.aggregate([("row", "min")])["row_min"].cast(pa.int64())).sort()


def _refuse_two_values(name: str, keys: pa.Array, values: pa.Array, firsts: pa.Array) -> None:
    if len(firsts) == len(keys) - keys.null_count:
        return
    first = firsts.take(pc.index_in(keys, value_set=keys.take(firsts), skip_nulls=True))
    for row, before in enumerate(first.to_pylist()):
        if before is not None and values[row] != values[before]:
            raise OptionsInvalidError(
                f"{name}: key {shown(keys[row].as_py())} has the values "
                f"{_said(values[before])} and {_said(values[row])}",
                hint="leave one row of each key",
            )


def _said(value: pa.Scalar) -> str:
    return shown(value.as_py()) if value.is_valid else "null"
