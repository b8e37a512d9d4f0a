"""Statements that move rows between two tables of one target."""

from collections.abc import Sequence
from dataclasses import dataclass

from landbridge.sdk.sql.dialect import SqlDialect


@dataclass(frozen=True, slots=True)
class Move:
    """From a staging table into a target table of the same columns.

    Attributes:
        target: Quoted name.
        staging: Quoted name.
        columns: Column names of both.
        key: Columns that identify a row.
    """

    target: str
    staging: str
    columns: Sequence[str]
    key: Sequence[str]


def insert_all(dialect: SqlDialect, move: Move) -> str:
    """Return the statement that adds every staged row."""
    names = dialect.columns(move.columns)
    return f"INSERT INTO {move.target} ({names}) SELECT {names} FROM {move.staging}"  # noqa: S608  quoted names


def merge_on_conflict(dialect: SqlDialect, move: Move) -> str:
    """Return one statement that inserts or updates; the target has a unique key."""
    updated = [name for name in move.columns if name not in move.key]
    quoted = dialect.quoted
    action = "NOTHING"
    if updated:
        action = "UPDATE SET " + ", ".join(
            f"{quoted(c)} = excluded.{quoted(c)}" for c in updated
        )
    # The WHERE keeps SQLite from reading ON CONFLICT as a join condition.
    return (
        f"{insert_all(dialect, move)} WHERE true "
        f"ON CONFLICT ({dialect.columns(move.key)}) DO {action}"
    )


def merge_by_delete(dialect: SqlDialect, move: Move) -> tuple[str, str]:
    """Return two statements that replace rows of equal key; no unique key is needed."""
    return (
        f"DELETE FROM {move.target} WHERE EXISTS "  # noqa: S608  quoted names
        f"(SELECT 1 FROM {move.staging} WHERE {_same_key(dialect, move)})",
        insert_all(dialect, move),
    )


def delete_absent(dialect: SqlDialect, move: Move) -> str:
    """Return the statement that removes target rows whose key was not staged."""
    return (
        f"DELETE FROM {move.target} WHERE NOT EXISTS "  # noqa: S608  quoted names
        f"(SELECT 1 FROM {move.staging} WHERE {_same_key(dialect, move)})"
    )


def delete_present(dialect: SqlDialect, move: Move) -> str:
    """Return the statement that removes target rows whose key was staged."""
    return merge_by_delete(dialect, move)[0]


def _same_key(dialect: SqlDialect, move: Move) -> str:
    return " AND ".join(
        f"{move.staging}.{dialect.quoted(name)} = {move.target}.{dialect.quoted(name)}"
        for name in move.key
    )
