"""Where the relatives of PostgreSQL differ from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from landbridge.connectors.postgres.options import DialectName
from landbridge.sdk.sql.dialect import SqlDialect


@dataclass(frozen=True, slots=True)
class PostgresDialect:
    """One relative.

    Attributes:
        sql: Spelling of the statements that all SQL connectors share.
        merge: How rows are inserted or updated by key: one `ON CONFLICT` statement, or an
            update followed by an insert of what is missing.
    """

    sql: SqlDialect
    merge: Literal["on_conflict", "update_then_insert"]


def _with_on_conflict(name: str) -> PostgresDialect:
    sql = SqlDialect(name, placeholder="%s", share_lock=" FOR SHARE")
    return PostgresDialect(sql, merge="on_conflict")


def _with_duplicate_key(name: str) -> PostgresDialect:
    sql = SqlDialect(name, placeholder="%s", share_lock=" FOR SHARE", upsert="on_duplicate_key")
    return PostgresDialect(sql, merge="update_then_insert")


DIALECTS: Mapping[DialectName, PostgresDialect] = MappingProxyType(
    {
        "postgres": _with_on_conflict("postgres"),
        "greenplum": _with_on_conflict("greenplum"),
        "kingbase": _with_on_conflict("kingbase"),
        "opengauss": _with_duplicate_key("opengauss"),
        "gaussdb": _with_duplicate_key("gaussdb"),
    }
)
QUOTING = DIALECTS["postgres"].sql
"""All relatives quote names alike."""
