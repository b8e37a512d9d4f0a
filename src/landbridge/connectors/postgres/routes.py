"""The statements that take one batch of rows from COPY into its table."""

from collections.abc import Sequence
from dataclasses import dataclass

from landbridge.connectors.postgres.columns import WriteColumn
from landbridge.connectors.postgres.dialects import QUOTING, PostgresDialect
from landbridge.connectors.postgres.names import TableName
from landbridge.sdk.sql.statements import Move, merge_on_conflict

BATCH_TABLE = "_landbridge_batch"
GONE_TABLE = "_landbridge_gone"

_COMPARED_AS_THEY_ARE = frozenset(
    {
        "bool", "int2", "int4", "int8", "text", "varchar", "bpchar", "name", "bytea",
        "date", "time", "timestamp", "timestamptz", "uuid",
    }
)  # fmt: skip
"""Types whose equal values are identical. Others (1.0 and 1.00, `json`) compare as texts."""


@dataclass(frozen=True, slots=True)
class Route:
    """How rows of a batch reach their table.

    Attributes:
        columns: In the order of the COPY.
        copy: The COPY statement.
        prepare: Statements that a session needs once.
        moves: Statements after the COPY; none when it wrote the table itself.
        counted: Whether the rows that the moves report must be as many as were copied.
    """

    columns: Sequence[WriteColumn]
    copy: str
    prepare: str = ""
    moves: Sequence[str] = ()
    counted: bool = True


def added(target: TableName, columns: Sequence[WriteColumn]) -> Route:
    """Return the way to add rows: straight, unless some values must be cast first."""
    names = QUOTING.columns([column.name for column in columns])
    if all(column.cast is None for column in columns):
        return Route(columns, _copy(target.quoted, names))
    batch = QUOTING.quoted(BATCH_TABLE)
    move = f"INSERT INTO {_into(target, columns)} SELECT {_casts(columns)} FROM {batch}"  # noqa: S608  quoted names
    return Route(columns, _copy(batch, names), batch_table(BATCH_TABLE, columns), (move,))


def merged(
    target: TableName,
    columns: Sequence[WriteColumn],
    key: Sequence[str],
    dialect: PostgresDialect,
    *,
    unique: bool,
) -> Route:
    """Return the way to insert or update by key, through a table of the session.

    Args:
        target: The table.
        columns: Columns of the load.
        key: Columns that identify a row.
        dialect: Which relative it is.
        unique: Whether the target keeps the key unique, which `ON CONFLICT` needs.
    """
    names = QUOTING.columns([column.name for column in columns])
    batch = QUOTING.quoted(BATCH_TABLE)
    source = batch
    if any(column.cast is not None for column in columns):
        source = f"(SELECT {_casts(columns)} FROM {batch}) AS batch"  # noqa: S608  quoted names
    if unique and dialect.merge == "on_conflict":
        every = [column.name for column in columns]
        statement = merge_on_conflict(dialect.sql, Move(target.quoted, source, every, key))
        if _overrides(columns):
            plain, overriding = f"({names}) SELECT", f"({names}) OVERRIDING SYSTEM VALUE SELECT"
            statement = statement.replace(plain, overriding, 1)
        moves: tuple[str, ...] = (statement,)
    else:
        moves = (
            *_updates(target, source, columns, key),
            _inserts(target, source, columns, key),
        )
    counted = len(columns) > len(key)
    prepare = batch_table(BATCH_TABLE, columns)
    return Route(columns, _copy(batch, names), prepare, moves, counted)


def deleted(target: TableName, key: Sequence[WriteColumn]) -> Route:
    """Return the way to delete rows by key."""
    names = QUOTING.columns([column.name for column in key])
    gone = QUOTING.quoted(GONE_TABLE)
    same = _same([column.name for column in key])
    statement = (
        f"DELETE FROM {target.quoted} AS t USING "  # noqa: S608  quoted names
        f"(SELECT {_casts(key)} FROM {gone}) AS s WHERE {same}"
    )
    return Route(key, _copy(gone, names), batch_table(GONE_TABLE, key), (statement,), False)  # noqa: FBT003  last field


def mirrored(
    target: TableName, stage: TableName, columns: Sequence[WriteColumn], key: Sequence[str]
) -> tuple[str, list[str]]:
    """Return the statement that deletes absent rows, and those that change and add rows."""
    source = stage.quoted
    delete = (
        f"DELETE FROM {target.quoted} AS t WHERE NOT EXISTS "  # noqa: S608  quoted names
        f"(SELECT 1 FROM {source} AS s WHERE {_same(key)})"
    )
    changed = _updates(target, source, columns, key, only_different=True)
    return delete, [*changed, _inserts(target, source, columns, key)]


def refilled(target: TableName, stage: TableName, columns: Sequence[WriteColumn]) -> str:
    """Return the statement that copies all staged rows into a table."""
    names = QUOTING.columns([column.name for column in columns])
    return f"INSERT INTO {_into(target, columns)} SELECT {names} FROM {stage.quoted}"  # noqa: S608  quoted names


def batch_table(name: str, columns: Sequence[WriteColumn]) -> str:
    """Return the statement for a table of this session that empties itself at each commit."""
    lines = ", ".join(
        f"{QUOTING.quoted(column.name)} "
        + ("text" if column.cast is not None else column.column.type.text)
        for column in columns
    )
    return f"CREATE TEMPORARY TABLE {QUOTING.quoted(name)} ({lines}) ON COMMIT DELETE ROWS"


def _copy(table: str, names: str) -> str:
    return f"COPY {table} ({names}) FROM STDIN (FORMAT binary)"


def _into(target: TableName, columns: Sequence[WriteColumn]) -> str:
    names = QUOTING.columns([column.name for column in columns])
    overriding = " OVERRIDING SYSTEM VALUE" if _overrides(columns) else ""
    return f"{target.quoted} ({names}){overriding}"


def _overrides(columns: Sequence[WriteColumn]) -> bool:
    return any(column.column.identity for column in columns)


def _casts(columns: Sequence[WriteColumn]) -> str:
    return ", ".join(_cast(column) for column in columns)


def _cast(column: WriteColumn) -> str:
    name = QUOTING.quoted(column.name)
    return name if column.cast is None else f"CAST({name} AS {column.cast}) AS {name}"


def _updates(
    target: TableName,
    source: str,
    columns: Sequence[WriteColumn],
    key: Sequence[str],
    *,
    only_different: bool = False,
) -> list[str]:
    others = [column for column in columns if column.name not in key]
    if not others:
        return []
    values = ", ".join(
        f"{QUOTING.quoted(other.name)} = s.{QUOTING.quoted(other.name)}" for other in others
    )
    different = f" AND ({' OR '.join(map(_differs, others))})" if only_different else ""
    return [
        f"UPDATE {target.quoted} AS t SET {values} FROM {_named(source)} "  # noqa: S608  quoted names
        f"WHERE {_same(key)}{different}"
    ]


def _inserts(
    target: TableName, source: str, columns: Sequence[WriteColumn], key: Sequence[str]
) -> str:
    names = ", ".join(f"s.{QUOTING.quoted(column.name)}" for column in columns)
    return (
        f"INSERT INTO {_into(target, columns)} SELECT {names} FROM {_named(source)} "  # noqa: S608  quoted names
        f"WHERE NOT EXISTS (SELECT 1 FROM {target.quoted} AS t WHERE {_same(key)})"
    )


def _named(source: str) -> str:
    return f"{source.removesuffix(' AS batch')} AS s"


def _same(key: Sequence[str]) -> str:
    return " AND ".join(f"t.{QUOTING.quoted(name)} = s.{QUOTING.quoted(name)}" for name in key)


def _differs(column: WriteColumn) -> str:
    name = QUOTING.quoted(column.name)
    exact = column.column.type.built_in and column.column.type.name in _COMPARED_AS_THEY_ARE
    text = "" if exact else "::text"
    return f"t.{name}{text} IS DISTINCT FROM s.{name}{text}"
