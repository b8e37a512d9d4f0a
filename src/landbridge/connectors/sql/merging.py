"""Merging rows by key with statements that every SQL database knows."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

Row = dict[str, object]

_KEYS_AT_ONCE = 200
_BINDS_AT_ONCE = 400


def names_of(table: sa.Table) -> list[str]:
    """Return the names of a table's columns, in order."""
    return [column.name for column in table.columns]


def insert_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> int:
    """Insert rows; return how many the database took, or -1 when it does not say."""
    if not rows:
        return 0
    marks = _marks(table, names_of(table))
    statement = sa.insert(table).values(marks)
    keep = {"preserve_rowcount": True}
    result = connection.execute(statement, _bound(table, rows), execution_options=keep)
    return int(result.rowcount)


def merge_rows(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Row], key: Sequence[str]
) -> int:
    """Update the rows whose key exists, insert the others; return how many were taken."""
    known = set(_existing(connection, table, rows, key))
    old = [row for row in rows if _key(row, key) in known]
    new = [row for row in rows if _key(row, key) not in known]
    updated = [name for name in names_of(table) if name not in key]
    taken = len(old)
    if old and updated:
        where = [table.c[name] == _mark(table, name) for name in key]
        statement = sa.update(table).where(*where).values(_marks(table, updated))
        keep = {"preserve_rowcount": True}
        result = connection.execute(statement, _bound(table, old), execution_options=keep)
        taken = int(result.rowcount)
    inserted = insert_rows(connection, table, new)
    return -1 if -1 in {taken, inserted} else taken + inserted


def delete_rows(
    connection: sa.Connection, table: sa.Table, keys: Sequence[Row], key: Sequence[str]
) -> None:
    """Delete the rows of these keys."""
    if keys:
        where = [table.c[name] == _mark(table, name) for name in key]
        connection.execute(sa.delete(table).where(*where), _bound(table, keys))


def insert_all(connection: sa.Connection, table: sa.Table, staged: sa.Table) -> None:
    """Insert every staged row."""
    names = names_of(staged)
    connection.execute(sa.insert(table).from_select(names, sa.select(*staged.columns)))


def delete_absent(
    connection: sa.Connection, table: sa.Table, staged: sa.Table, key: Sequence[str]
) -> int:
    """Delete the rows whose key was not staged; return how many."""
    same = sa.and_(*(table.c[name] == staged.c[name] for name in key))
    absent = ~sa.exists(
        sa.select(sa.literal(1)).select_from(staged).where(same).correlate(table)
    )
    return int(connection.execute(sa.delete(table).where(absent)).rowcount)


def merge_all(
    connection: sa.Connection, table: sa.Table, staged: sa.Table, key: Sequence[str]
) -> None:
    """Update rows from the staged ones of equal key, insert the others."""
    same = sa.and_(*(table.c[name] == staged.c[name] for name in key))
    values: dict[str, Any] = {
        name: sa.select(staged.c[name]).where(same).correlate(table).scalar_subquery()
        for name in names_of(staged)
        if name not in key
    }
    present = _found(staged, same, table)
    if values:
        connection.execute(sa.update(table).where(present).values(values))
    there = table.alias("there")
    known = sa.and_(*(there.c[name] == staged.c[name] for name in key))
    fresh = sa.select(*staged.columns).where(~_found(there, known, staged))
    connection.execute(sa.insert(table).from_select(names_of(staged), fresh))


def _found(
    where: sa.FromClause, condition: "sa.ColumnElement[bool]", outer: sa.FromClause
) -> "sa.ColumnElement[bool]":
    """Return whether a row of one table meets a condition on a row of another."""
    one = sa.select(sa.literal(1)).select_from(where).where(condition).correlate(outer)
    return sa.exists(one)


def _existing(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Row], key: Sequence[str]
) -> Iterator[tuple[object, ...]]:
    columns = [table.c[name] for name in key]
    step = max(1, min(_KEYS_AT_ONCE, _BINDS_AT_ONCE // len(key)))
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        wanted: sa.ColumnElement[bool] = columns[0].in_([row[key[0]] for row in part])
        if len(key) > 1:
            wanted = sa.or_(
                *(sa.and_(*(table.c[name] == row[name] for name in key)) for row in part)
            )
        for found in connection.execute(sa.select(*columns).where(wanted)):
            yield tuple(found)


def _key(row: Row, key: Sequence[str]) -> tuple[object, ...]:
    return tuple(row[name] for name in key)


def _mark(table: sa.Table, name: str) -> "sa.BindParameter[object]":
    # Names of columns are the user's: what is bound has names of its own.
    return sa.bindparam(f"p{names_of(table).index(name)}", type_=table.c[name].type)


def _marks(table: sa.Table, names: Sequence[str]) -> dict[str, Any]:
    return {name: _mark(table, name) for name in names}


def _bound(table: sa.Table, rows: Sequence[Row]) -> list[dict[str, object]]:
    names = {name: f"p{at}" for at, name in enumerate(names_of(table))}
    return [{names[name]: value for name, value in row.items()} for row in rows]
