"""Wider types for columns that exist, each within its family."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pyarrow as pa

from landbridge.connectors.mysql.catalogue import CatalogueColumn
from landbridge.connectors.mysql.dialects import QUOTING
from landbridge.connectors.mysql.native import FAMILY, NativeType, parse_native
from landbridge.connectors.mysql.types import Abilities, created_as
from landbridge.data.types import meaning_of

_LADDERS: Sequence[Sequence[str]] = (
    ("tinyint", "smallint", "mediumint", "int", "bigint"),
    ("float", "double"),
    ("tinytext", "text", "mediumtext", "longtext"),
    ("tinyblob", "blob", "mediumblob", "longblob"),
)
_STEPS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        name: (ladder, step)
        for ladder, names in enumerate(_LADDERS)
        for step, name in enumerate(names)
    }
)
_LONGEST: Mapping[str, int] = MappingProxyType({"varchar": 16_383, "varbinary": 65_535})
_MOMENTS = frozenset({"datetime", "timestamp", "time"})


def widened(field: pa.Field, target: CatalogueColumn, abilities: Abilities) -> str | None:
    """Return the type that a column needs to hold what the field declares.

    None when it holds it already, or when their types are of different families.
    """
    old = target.type
    if target.generated or target.json or "zerofill" in old.text:
        return None
    new = parse_native(created_as(field, abilities).native)
    if old.name in _STEPS and new.name in _STEPS:
        (ladder, step), (other, higher) = _STEPS[old.name], _STEPS[new.name]
        same = ladder == other and old.unsigned == new.unsigned and _is_declared(field)
        return new.text if same and higher > step else None
    if old.name == new.name == "decimal":
        return _decimal(old, new)
    if old.name == new.name and old.name in _MOMENTS:
        return f"{old.name}({new.digits})" if new.digits > old.digits else None
    if old.name in _LONGEST:
        return _longer(field, old)
    return None


def _is_declared(field: pa.Field) -> bool:
    """Whether the size is one that the source declares, not the most that a text can be."""
    meaning = meaning_of(field)
    sized = meaning.length is not None or meaning.native.startswith(FAMILY)
    return sized or meaning.logical not in {"text", "binary"}


def _decimal(old: NativeType, new: NativeType) -> str | None:
    (precision, scale), (wanted, places) = _digits(old), _digits(new)
    scale_after = max(scale, places)
    whole = max(precision - scale, wanted - places)
    unsigned = " unsigned" if old.unsigned else ""
    changed = (whole + scale_after, scale_after) != (precision, scale)
    fits = whole + scale_after <= 65  # noqa: PLR2004  the system's limit
    return (
        f"decimal({whole + scale_after},{scale_after}){unsigned}" if changed and fits else None
    )


def _digits(native: NativeType) -> tuple[int, int]:
    precision, scale = (*native.sizes, 0, 0)[:2] if native.sizes else (10, 0)
    return precision, scale


def _longer(field: pa.Field, old: NativeType) -> str | None:
    stated = meaning_of(field).length or 0
    binary = old.name == "varbinary"
    if binary != pa.types.is_binary(field.type) or stated <= (old.size or 0):
        return None
    return f"{old.name}({stated})" if stated <= _LONGEST[old.name] else None


def modified(definition: str, column: str, old: str, new: str) -> str | None:
    r"""Return the clause that gives a column another type and keeps the rest of it.

    Args:
        definition: What `SHOW CREATE TABLE` says.
        column: The column's name.
        old: Its type there.
        new: The type it gets.

    Example:
        >>> shown = "CREATE TABLE `t` (\n  `a` int(11) NOT NULL COMMENT 'x',\n  `b` date\n)"
        >>> modified(shown, "a", "int(11)", "bigint")
        "MODIFY COLUMN `a` bigint NOT NULL COMMENT 'x'"
    """
    name = QUOTING.quoted(column)
    line = re.search(
        rf"^\s*{re.escape(name)} {re.escape(old)}( .*?)?,?$", definition, re.MULTILINE
    )
    return f"MODIFY COLUMN {name} {new}{_rest(line[1] or '', new)}" if line else None


def _rest(text: str, new: str) -> str:
    """Defaults that are the time of the change need the digits of the column."""
    native = parse_native(new)
    if native.name not in _MOMENTS:
        return text
    before, comment, after = text.partition(" COMMENT '")
    now = re.sub(
        r"\bcurrent_timestamp\b(\(\d*\))?",
        f"current_timestamp({native.digits})",
        before,
        flags=re.IGNORECASE,
    )
    return now + comment + after
