"""Statements that move rows between two tables of the target."""

from collections.abc import Sequence
from dataclasses import dataclass

from landbridge.connectors.mysql.catalogue import Relation
from landbridge.connectors.mysql.dialects import QUOTING


@dataclass(frozen=True, slots=True)
class Move:
    """From a table of staged rows into the target.

    Attributes:
        relation: The target.
        staged: Name of the other table; it has the columns under the same names.
        columns: Columns to move.
        key: Columns that identify a row.
    """

    relation: Relation
    staged: str
    columns: Sequence[str]
    key: Sequence[str]

    def merge(self) -> list[str]:
        """Return statements that insert or update by key, and by nothing else."""
        names = QUOTING.columns(self.columns)
        rest = [name for name in self.columns if name not in self.key]
        insert = f"INSERT INTO {self.relation.quoted} ({names}) "
        if self._key_is_all_that_is_unique:
            updates = ", ".join(
                f"{QUOTING.quoted(name)} = VALUES({QUOTING.quoted(name)})"
                for name in rest or self.key[:1]
            )
            staged = QUOTING.quoted(self.staged)
            return [f"{insert}SELECT {names} FROM {staged} ON DUPLICATE KEY UPDATE {updates}"]  # noqa: S608  quoted names
        # With a second unique key the short form would update a row of another key.
        found: list[str] = []
        if rest:
            sets = ", ".join(
                f"t.{QUOTING.quoted(name)} = s.{QUOTING.quoted(name)}" for name in rest
            )
            found.append(f"UPDATE {self._joined('JOIN')} SET {sets}")  # noqa: S608  quoted names
        read = ", ".join(f"s.{QUOTING.quoted(name)}" for name in self.columns)
        absent = f"t.{QUOTING.quoted(self.key[0])} IS NULL"
        reverse = self._joined("LEFT JOIN", first="s")
        found.append(f"{insert}SELECT {read} FROM {reverse} WHERE {absent}")  # noqa: S608  quoted names
        return found

    def delete_absent(self) -> str:
        """Return the statement that removes target rows whose key was not staged."""
        absent = f"s.{QUOTING.quoted(self.key[0])} IS NULL"
        return f"DELETE t FROM {self._joined('LEFT JOIN')} WHERE {absent}"

    def delete_present(self) -> str:
        """Return the statement that removes target rows whose key was staged."""
        return f"DELETE t FROM {self._joined('JOIN')}"

    def _joined(self, join: str, *, first: str = "t") -> str:
        tables = {
            "t": f"{self.relation.quoted} AS t",
            "s": f"{QUOTING.quoted(self.staged)} AS s",
        }
        other = "s" if first == "t" else "t"
        same = " AND ".join(
            f"t.{QUOTING.quoted(name)} = s.{QUOTING.quoted(name)}" for name in self.key
        )
        return f"{tables[first]} {join} {tables[other]} ON {same}"

    @property
    def _key_is_all_that_is_unique(self) -> bool:
        key = {name.casefold() for name in self.key}
        return bool(self.relation.unique) and all(
            one.whole and {name.casefold() for name in one.columns} == key
            for one in self.relation.unique
        )
