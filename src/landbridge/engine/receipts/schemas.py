"""From a schema to the columns that hash it: which family a type is of."""

from collections import Counter
from collections.abc import Callable, Iterable

import pyarrow as pa
import pyarrow.compute as pc

from landbridge.engine.receipts.columns import Cells, Column, NullColumn, WordColumn
from landbridge.engine.receipts.decimals import LOWEST_SCALE, decimal
from landbridge.engine.receipts.fixed import boolean, clock, date, integer, interval, real
from landbridge.engine.receipts.lanes import Salt
from landbridge.engine.receipts.nested import (
    DictionaryColumn,
    ListColumn,
    StructColumn,
    WrappedColumn,
)
from landbridge.engine.receipts.texts import TextColumn
from landbridge.kernel.errors import TypeRefusedError

_Family = tuple[Callable[[pa.DataType], bool], str, Callable[[pa.Array], Cells]]

_WORDS: tuple[_Family, ...] = (
    (pa.types.is_integer, "integer", integer),
    (pa.types.is_decimal, "decimal", decimal),
    (pa.types.is_floating, "real", real),
    (pa.types.is_boolean, "boolean", boolean),
    (pa.types.is_date, "date", date),
    (pa.types.is_time, "time", clock),
    (pa.types.is_duration, "duration", clock),
    (pa.types.is_interval, "interval", interval),
)
_TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
_BYTES = (
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_binary_view,
    pa.types.is_fixed_size_binary,
)
_LISTS = (
    pa.types.is_list,
    pa.types.is_large_list,
    pa.types.is_fixed_size_list,
    pa.types.is_list_view,
    pa.types.is_large_list_view,
)


def columns_of(fields: Iterable[pa.Field], path: bytes = b"") -> tuple[Column, ...]:
    """The columns of a schema or a struct, in its order, salted by name.

    Fields of the same name are told apart by their order among themselves.

    Raises:
        TypeRefusedError: A type has no canonical form.
    """
    seen: Counter[str] = Counter()
    columns: list[Column] = []
    for field in fields:
        columns.append(_column(field.type, _joined(path, field.name, seen[field.name])))
        seen[field.name] += 1
    return tuple(columns)


def _joined(path: bytes, name: str, occurrence: int = 0) -> bytes:
    text = name.encode()
    return path + len(text).to_bytes(4, "little") + text + occurrence.to_bytes(4, "little")


def _salt(path: bytes, family: str) -> Salt:
    return Salt.of(_joined(path, family))


def _column(kind: pa.DataType, path: bytes) -> Column:
    for belongs, family, cells in _WORDS:
        if belongs(kind) and not (family == "decimal" and kind.scale < LOWEST_SCALE):
            return WordColumn(_salt(path, family), cells)
    if pa.types.is_timestamp(kind):
        return WordColumn(_salt(path, "timestamp" if kind.tz is None else "instant"), clock)
    if any(belongs(kind) for belongs in _TEXTS):
        return TextColumn(_salt(path, "text"))
    if any(belongs(kind) for belongs in _BYTES):
        return TextColumn(_salt(path, "bytes"))
    if pa.types.is_null(kind):
        return NullColumn(_salt(path, "null"))
    return _nested(kind, path)


def _nested(kind: pa.DataType, path: bytes) -> Column:
    if isinstance(kind, pa.BaseExtensionType):
        return WrappedColumn(_column(kind.storage_type, path), lambda values: values.storage)
    if pa.types.is_run_end_encoded(kind):
        return WrappedColumn(_column(kind.value_type, path), pc.run_end_decode)
    if pa.types.is_dictionary(kind):
        values = _column(kind.value_type, path)
        return DictionaryColumn(values)
    if pa.types.is_struct(kind):
        salt = _salt(path, "struct")
        return StructColumn(salt, columns_of(kind, salt.path))
    if pa.types.is_map(kind):
        salt = _salt(path, "map")
        entry = pa.struct([pa.field("key", kind.key_type), pa.field("value", kind.item_type)])
        return ListColumn(salt, _column(entry, salt.path), pa.list_(entry))
    if any(belongs(kind) for belongs in _LISTS):
        salt = _salt(path, "list")
        return ListColumn(salt, _column(kind.value_type, salt.path), kind)
    raise TypeRefusedError(f"no receipt can be made of values of type {kind}", type=str(kind))
