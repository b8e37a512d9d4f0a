"""Where the relatives of MySQL differ from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from landbridge.connectors.mysql.options import DialectName
from landbridge.sdk.sql.dialect import SqlDialect


@dataclass(frozen=True, slots=True)
class MysqlDialect:
    """One relative.

    Attributes:
        sql: Spelling of the statements that all SQL connectors share.
        writable: Transactions cover rows and progress, so that the sink's promises hold.
        engine: Storage engine of created tables, or "".
        snapshot: Statement that begins a read of one moment.
        named_locks: `GET_LOCK` excludes other sessions.
        loads: `LOAD DATA LOCAL` is part of the transaction it stands in.
    """

    sql: SqlDialect
    writable: bool = True
    engine: str = "InnoDB"
    snapshot: str = "START TRANSACTION WITH CONSISTENT SNAPSHOT"
    named_locks: bool = True
    loads: bool = True


def _spelling(name: str, *, lock: str, engine: str = "InnoDB") -> SqlDialect:
    made = f" ENGINE={engine}" if engine else ""
    return SqlDialect(
        name,
        quote="`",
        placeholder="%s",
        text_type="longtext",
        upsert="on_duplicate_key",
        share_lock=lock,
        table_suffix=f"{made} DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
    )


_SHARED = " LOCK IN SHARE MODE"
_EXCLUSIVE = " FOR UPDATE"
_READ_ONLY = MysqlDialect(
    _spelling("doris", lock="", engine=""),
    writable=False,
    engine="",
    snapshot="",
    named_locks=False,
)

DIALECTS: Mapping[DialectName, MysqlDialect] = MappingProxyType(
    {
        "mysql": MysqlDialect(_spelling("mysql", lock=_SHARED)),
        "mariadb": MysqlDialect(_spelling("mariadb", lock=_SHARED)),
        "tidb": MysqlDialect(
            _spelling("tidb", lock=_EXCLUSIVE, engine=""), engine="", loads=False
        ),
        "oceanbase": MysqlDialect(
            _spelling("oceanbase", lock=_EXCLUSIVE, engine=""),
            engine="",
            snapshot="START TRANSACTION",
            named_locks=False,
            loads=False,
        ),
        "doris": _READ_ONLY,
        "starrocks": _READ_ONLY,
    }
)
QUOTING = DIALECTS["mysql"].sql
"""All relatives quote names alike."""


def literal(text: str) -> str:
    r"""Return a text for a statement; our sessions keep backslash escapes.

    Example:
        >>> print(literal("it's a \\"))
        'it''s a \\'
    """
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
