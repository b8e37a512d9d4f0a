"""What `information_schema` tells of tables, columns and keys."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from landbridge.connectors.mysql.dialects import QUOTING
from landbridge.connectors.mysql.native import NativeType, parse_native
from landbridge.connectors.mysql.server import Session
from landbridge.kernel.errors import StreamMissingError
from landbridge.sdk.source import StreamEntry
from landbridge.sdk.sql.dialect import Scalar
from landbridge.sdk.sql.progress_tables import is_internal

_TABLES = """
SELECT table_name, table_type, table_comment, table_rows, engine,
       coalesce(data_length, 0) + coalesce(index_length, 0)
FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_type NOT IN ('SEQUENCE', 'TEMPORARY')
"""
_COLUMNS = """
SELECT column_name, column_type, is_nullable, column_comment, extra, column_default,
       character_set_name
FROM information_schema.columns
WHERE table_schema = DATABASE() AND table_name = %s ORDER BY ordinal_position
"""
_KEYS = """
SELECT index_name, column_name, sub_part
FROM information_schema.statistics
WHERE table_schema = DATABASE() AND table_name = %s AND non_unique = 0
ORDER BY index_name <> 'PRIMARY', index_name, seq_in_index
"""
_CHECKS = """
SELECT check_clause FROM information_schema.check_constraints
WHERE constraint_schema = DATABASE() AND table_name = %s
"""
_JSON_CHECK = re.compile(r"\s*json_valid\(`((?:[^`]|``)+)`\)\s*", re.IGNORECASE)
_GENERATED = ("VIRTUAL GENERATED", "STORED GENERATED", "PERSISTENT")


@dataclass(frozen=True, slots=True)
class CatalogueColumn:
    """A column of a table.

    Attributes:
        json: A constraint keeps its text JSON.
        generated: The server computes it; it cannot be written.
        optional: A row may leave it out.
        charset: Character set of a text column, or "".
    """

    name: str
    type: NativeType
    not_null: bool = False
    comment: str = ""
    json: bool = False
    generated: bool = False
    optional: bool = True
    charset: str = ""


@dataclass(frozen=True, slots=True)
class UniqueKey:
    """A set of columns that a table keeps unique.

    Attributes:
        index: Name of the index.
        columns: In the index's order.
        whole: No part is a prefix or an expression.
    """

    index: str
    columns: tuple[str, ...]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view as it is now.

    Attributes:
        key: The primary key, else a unique key of columns that are never null.
        unique: Everything that the table keeps unique.
        engine: Storage engine, or "" of a view.
    """

    table: str
    columns: Sequence[CatalogueColumn]
    key: UniqueKey | None = None
    unique: Sequence[UniqueKey] = ()
    comment: str = ""
    rows: int | None = None
    size_bytes: int | None = None
    engine: str = ""
    view: bool = False

    @property
    def quoted(self) -> str:
        """The name for a statement."""
        return QUOTING.quoted(self.table)

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Columns of the key; none when there is none."""
        return self.key.columns if self.key else ()

    def column(self, name: str) -> CatalogueColumn | None:
        """Return the column of that name; the system does not tell case apart."""
        wanted = name.casefold()
        return next((one for one in self.columns if one.name.casefold() == wanted), None)


class Catalogue:
    """Questions to `information_schema` on one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._execute = session.execute

    def entries(self) -> Iterator[StreamEntry]:
        """Yield tables and views of the database, in name order."""
        found: list[StreamEntry] = []
        for name, kind, comment, rows, _, _ in self._execute(_TABLES):
            if is_internal(str(name)):
                continue
            view = "VIEW" in str(kind)
            found.append(
                StreamEntry(
                    str(name),
                    kind="view" if view else "table",
                    comment="" if view else str(comment or ""),
                    rows=None if view else _number(rows),
                )
            )
        yield from sorted(found, key=lambda entry: entry.name)

    def relation(self, table: str) -> Relation | None:
        """Return the table or view, or None when it is not there."""
        found = self._execute(f"{_TABLES} AND table_name = %s", (table,))
        exact = [row for row in found if row[0] == table] or found
        if not exact:
            return None
        name, kind, comment, rows, engine, size = exact[0]
        columns = self._columns(str(name))
        unique = self._unique(str(name))
        required = {column.name for column in columns if column.not_null}
        fitting = (one for one in unique if one.whole and required.issuperset(one.columns))
        view = "VIEW" in str(kind)
        return Relation(
            str(name),
            columns,
            key=next(fitting, None),
            unique=unique,
            comment="" if view else str(comment or ""),
            rows=None if view else _number(rows),
            size_bytes=None if view else _number(size),
            engine=str(engine or ""),
            view=view,
        )

    def required(self, table: str) -> Relation:
        """Return the table or view.

        Raises:
            StreamMissingError: It is not there.
        """
        relation = self.relation(table)
        if relation is None:
            raise StreamMissingError(
                f"there is no table {table}, or this user cannot see it", stream=table
            )
        return relation

    def _columns(self, table: str) -> list[CatalogueColumn]:
        json = self._json_columns(table)
        found: list[CatalogueColumn] = []
        for name, text, nullable, comment, extra, default, charset in self._execute(
            _COLUMNS, (table,)
        ):
            more = str(extra or "").upper()
            not_null = nullable == "NO"
            generated = any(mark in more for mark in _GENERATED)
            found.append(
                CatalogueColumn(
                    str(name),
                    parse_native(_text(text)),
                    not_null=not_null,
                    comment=_text(comment),
                    json=str(name) in json,
                    generated=generated,
                    optional=generated
                    or not not_null
                    or default is not None
                    or "AUTO_INCREMENT" in more,
                    charset=str(charset or ""),
                )
            )
        return found

    def _json_columns(self, table: str) -> set[str]:
        if not self._session.mariadb:
            return set()
        clauses = self._execute(_CHECKS, (table,))
        matches = (_JSON_CHECK.fullmatch(_text(clause)) for (clause,) in clauses)
        return {found[1].replace("``", "`") for found in matches if found}

    def _unique(self, table: str) -> list[UniqueKey]:
        parts: dict[str, list[tuple[Scalar, Scalar]]] = {}
        for index, column, prefix in self._execute(_KEYS, (table,)):
            parts.setdefault(str(index), []).append((column, prefix))
        return [
            UniqueKey(
                index,
                tuple(str(column or "") for column, _ in columns),
                whole=all(column and prefix is None for column, prefix in columns),
            )
            for index, columns in parts.items()
        ]


def _text(value: Scalar) -> str:
    return value.decode() if isinstance(value, bytes) else str(value or "")


def _number(value: Scalar) -> int | None:
    return None if value is None else int(value)
