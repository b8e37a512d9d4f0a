"""What `pg_catalog` tells of tables, columns and keys."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from landbridge.connectors.postgres.errors import explained
from landbridge.connectors.postgres.names import TableName
from landbridge.connectors.postgres.server import Connection, executor
from landbridge.kernel.errors import StreamMissingError
from landbridge.sdk.source import StreamEntry
from landbridge.sdk.sql.dialect import Scalar
from landbridge.sdk.sql.progress_tables import is_internal

_FIRST_WITH_PARTITIONS = 100_000
_FIRST_WITH_INCLUDED_COLUMNS = 110_000
_FIRST_WITH_PARTITION_TREE = 120_000
_FIRST_WITH_GENERATED = 120_000

_LIST = """
SELECT n.nspname, c.relname, c.relkind, coalesce(obj_description(c.oid, 'pg_class'), ''),
       c.reltuples
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'gp_toolkit')
  AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
"""
_RELATION = """
SELECT c.oid, c.relkind, coalesce(obj_description(c.oid, 'pg_class'), ''), c.reltuples,
       pg_table_size(c.oid),
       c.relkind = 'r' AND EXISTS (SELECT 1 FROM pg_catalog.pg_inherits WHERE inhparent = c.oid)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
_PARTITIONS = """
SELECT sum(greatest(c.reltuples, 0)), sum(pg_table_size(c.oid))
FROM pg_partition_tree(%s) p JOIN pg_catalog.pg_class c ON c.oid = p.relid
WHERE p.isleaf
"""
_COLUMNS = """
SELECT a.attname, a.attnotnull, coalesce(col_description(a.attrelid, a.attnum), ''),
       a.atthasdef, {identity}, {generated}, a.atttypid, a.atttypmod
FROM pg_catalog.pg_attribute a
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_TYPE = """
SELECT t.typname, n.nspname, t.typtype, t.typbasetype, t.typtypmod,
       format_type(t.oid, %s), format_type(t.oid, -1), t.typnotnull
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE t.oid = %s
"""
_KEYS = """
SELECT i.indisprimary, CAST(i.indkey AS text), {width}
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = %s AND i.indisunique AND i.indisvalid AND i.indimmediate
  AND i.indpred IS NULL AND i.indexprs IS NULL
ORDER BY i.indisprimary DESC, c.relname
"""
_NUMBERS = """
SELECT a.attnum, a.attname FROM pg_catalog.pg_attribute a
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
"""


@dataclass(frozen=True, slots=True)
class NativeType:
    """A type of the system, domains resolved to what they stand on.

    Attributes:
        name: `pg_type.typname`.
        schema: Schema of the type.
        kind: `pg_type.typtype`: b(ase), e(num), c(omposite), r(ange)…
        modifier: Length, precision and scale, packed as the system does; -1 for none.
        text: As declarations spell it, modifier included.
        base_text: The same without the modifier.
    """

    name: str
    schema: str
    kind: str
    modifier: int
    text: str
    base_text: str

    @property
    def built_in(self) -> bool:
        """Whether every server has it."""
        return self.schema == "pg_catalog"


@dataclass(frozen=True, slots=True)
class CatalogueColumn:
    """A column of a table."""

    name: str
    type: NativeType
    not_null: bool = False
    comment: str = ""
    has_default: bool = False
    identity: bool = False
    generated: bool = False


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view as it is now.

    Attributes:
        key: The primary key, else a unique key of columns that are never null.
        unique: Every column set that the table keeps unique, in the index's order.
    """

    name: TableName
    oid: int
    kind: str
    columns: Sequence[CatalogueColumn]
    key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    comment: str = ""
    rows: int | None = None
    size_bytes: int | None = None

    def column(self, name: str) -> CatalogueColumn | None:
        """Return the column of that name, if there is one."""
        return next((column for column in self.columns if column.name == name), None)


class Catalogue:
    """Questions to `pg_catalog` on one session."""

    def __init__(self, connection: Connection) -> None:
        self._execute = executor(connection)
        self._version = connection.info.server_version
        self._types: dict[tuple[int, int], Sequence[Scalar]] = {}

    def entries(self) -> Iterator[StreamEntry]:
        """Yield what the user may read, in name order; partitions are read by their table."""
        hidden = " AND NOT c.relispartition" if self._version >= _FIRST_WITH_PARTITIONS else ""
        with explained():
            rows = self._execute(_LIST + hidden)
        found: list[StreamEntry] = []
        for schema, table, kind, comment, estimate in rows:
            if is_internal(str(table)):
                continue
            name = TableName(str(schema), str(table)).stream
            is_view = kind in {"v", "m"}
            found.append(
                StreamEntry(
                    name,
                    kind="view" if is_view else "table",
                    comment=str(comment),
                    rows=_estimate(estimate),
                )
            )
        yield from sorted(found, key=lambda entry: entry.name)

    def relation(self, name: TableName) -> Relation | None:
        """Return the table or view, or None when it is not there."""
        with explained(stream=name.stream):
            rows = self._execute(_RELATION, (name.schema, name.table))
            if not rows:
                return None
            oid, kind, comment, estimate, size, inherited = rows[0]
            if kind == "p" and self._version >= _FIRST_WITH_PARTITION_TREE:
                [(estimate, size)] = self._execute(_PARTITIONS, (oid,))
            columns = self._columns(int(oid or 0))
            # A key of a table does not hold for the rows of tables that inherit from it.
            unique = () if inherited else self._unique(int(oid or 0))
        required = {column.name for column in columns if column.not_null}
        return Relation(
            name,
            int(oid or 0),
            str(kind),
            columns,
            key=next((key for key in unique if required.issuperset(key)), ()),
            unique=unique,
            comment=str(comment),
            rows=_estimate(estimate),
            size_bytes=None if kind in {"v", "f"} else int(size or 0),
        )

    def required(self, name: TableName) -> Relation:
        """Return the table or view.

        Raises:
            StreamMissingError: It is not there.
        """
        relation = self.relation(name)
        if relation is None:
            raise StreamMissingError(
                f"there is no table {name.stream}, or this user cannot see it",
                stream=name.stream,
            )
        return relation

    def type_exists(self, text: str) -> bool:
        """Return whether a type of this spelling exists here."""
        with explained():
            rows = self._execute("SELECT to_regtype(%s) IS NOT NULL", (text,))
        return bool(rows[0][0])

    def _columns(self, oid: int) -> Sequence[CatalogueColumn]:
        statement = _COLUMNS.format(
            identity="a.attidentity <> ''"
            if self._version >= _FIRST_WITH_PARTITIONS
            else "false",
            generated="a.attgenerated <> ''"
            if self._version >= _FIRST_WITH_GENERATED
            else "false",
        )
        return [self._column(row) for row in self._execute(statement, (oid,))]

    def _column(self, row: Sequence[Scalar]) -> CatalogueColumn:
        name, not_null, comment, has_default, identity, generated, oid, modifier = row
        native, domain_requires = self._type(int(oid or 0), int(modifier or 0))
        return CatalogueColumn(
            str(name),
            native,
            not_null=bool(not_null) or domain_requires,
            comment=str(comment),
            has_default=bool(has_default),
            identity=bool(identity),
            generated=bool(generated),
        )

    def _type(self, oid: int, modifier: int) -> tuple[NativeType, bool]:
        """Return the type beneath all domains, and whether one of them forbids NULL."""
        required = False
        while True:
            row = self._types.get((oid, modifier))
            if row is None:
                [row] = self._execute(_TYPE, (modifier, oid))
                self._types[oid, modifier] = row
            name, schema, kind, base, base_modifier, text, base_text, not_null = row
            required = required or bool(not_null)
            if kind != "d":
                break
            oid, modifier = int(base or 0), int(base_modifier or 0)
        native = NativeType(
            str(name), str(schema), str(kind), modifier, str(text), str(base_text)
        )
        return native, required

    def _unique(self, oid: int) -> tuple[tuple[str, ...], ...]:
        included = self._version >= _FIRST_WITH_INCLUDED_COLUMNS
        width = "i.indnkeyatts" if included else "i.indnatts"
        names = {number: str(name) for number, name in self._execute(_NUMBERS, (oid,))}
        found: list[tuple[str, ...]] = []
        for _, numbers, count in self._execute(_KEYS.format(width=width), (oid,)):
            wanted = str(numbers).split()[: int(count or 0)]
            found.append(tuple(names[int(number)] for number in wanted))
        return tuple(found)


def _estimate(tuples: Scalar) -> int | None:
    """The planner's row count; it is -1 (0 before version 14) for "never counted"."""
    known = int(float(tuples or 0))
    return known if known > 0 else None
