"""Stream names: `schema.table`, quoted as in SQL where a part holds a dot or a quote."""

import re
from dataclasses import dataclass

from landbridge.connectors.postgres.dialects import QUOTING

_PART = r'(?:"(?:[^"]|"")+"|[^."]+)'
_NAME = re.compile(rf"(?:({_PART})\.)?({_PART})")


@dataclass(frozen=True, slots=True)
class TableName:
    """A table of a schema, as the system knows it."""

    schema: str
    table: str

    @property
    def quoted(self) -> str:
        """The name for a statement."""
        return QUOTING.quoted(self.schema, self.table)

    @property
    def stream(self) -> str:
        """The name for a document.

        Example:
            >>> TableName("public", "a.b").stream
            'public."a.b"'
        """
        return f"{_plain(self.schema)}.{_plain(self.table)}"


def parse_stream(stream: str, default_schema: str) -> TableName:
    """Return the table that a document means.

    Every text is a name: one that is not quoted as SQL would is taken as it stands, its
    schema before the first dot.

    Example:
        >>> parse_stream('"a.b"', "public").quoted
        '"public"."a.b"'
        >>> parse_stream('odd " name', "public").quoted
        '"public"."odd "" name"'
    """
    found = _NAME.fullmatch(stream)
    if found is not None:
        schema, table = found.groups()
        return TableName(_unquoted(schema) if schema else default_schema, _unquoted(table))
    before, dot, after = stream.partition(".")
    return TableName(before, after) if dot else TableName(default_schema, stream)


def _unquoted(part: str) -> str:
    return part[1:-1].replace('""', '"') if part.startswith('"') else part


def _plain(part: str) -> str:
    if "." in part or '"' in part:
        return QUOTING.quoted(part)
    return part
