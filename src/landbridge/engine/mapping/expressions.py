"""Reading the SQL of a document: one expression over one row, and nothing else.

DuckDB runs it, so DuckDB's own parser reads it: what is judged is what runs.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import duckdb

from landbridge.kernel.errors import OptionsInvalidError

_ALLOWED = frozenset(
    {
        "BETWEEN",
        "CASE",
        "CAST",
        "COLLATE",
        "COLUMN_REF",
        "COMPARISON",
        "CONJUNCTION",
        "CONSTANT",
        "FUNCTION",
        "LAMBDA",
        "OPERATOR",
        "TYPE",
    }
)
_REFUSED = {
    "SUBQUERY": "a query inside an expression",
    "WINDOW": "a window function, which looks at other rows",
    "STAR": "* in an expression",
    "PARAMETER": "a parameter",
    "POSITIONAL_REFERENCE": "a position (#1) instead of a column",
    "DEFAULT": "DEFAULT",
}
_MOMENTS = frozenset(
    {"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"}
)
"""Words that are no columns when no column has their name."""

_SESSION = frozenset(
    {
        "current_setting",
        "getenv",
        "getvariable",
        "in_search_path",
        "query",
        "query_table",
        "set_config",
        "txid_current",
    }
)
_FAILING = frozenset({"error"})
"""Volatile to DuckDB, but the same at every reading: they fail their row, with a reason."""

_BEFORE = "SELECT (\n"
_AFTER = "\n)"


@dataclass(frozen=True, slots=True)
class Expression:
    """SQL that has been read.

    Attributes:
        sql: The text, in parentheses.
        columns: Fields of the source that it names.
    """

    sql: str
    columns: tuple[str, ...]


class ExpressionReader:
    """Reads expressions against the fields of one source.

    Args:
        connection: Knows the functions there are.
        columns: Fields of the source.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> None:
        self._connection = connection
        self._columns = columns
        self._functions = _functions(connection)
        self._named: dict[str, str] = {}

    def read(self, text: str, place: str) -> Expression:
        """Return the expression.

        Args:
            text: SQL of a document.
            place: Which field or filter it stands in, for messages.

        Raises:
            OptionsInvalidError: It is not exactly one expression over one row, or names a
                field that the source has not.
        """
        try:
            return self._read(text, place)
        except RecursionError as error:
            raise OptionsInvalidError(f"{place}: the expression is nested too deep") from error

    def _read(self, text: str, place: str) -> Expression:
        tree = self._tree(text, place)
        refuse = _Refusal(text, place)
        named: dict[str, None] = {}
        for node, inner in _nodes(tree, frozenset()):
            kind = str(node["class"])
            if kind not in _ALLOWED:
                raise refuse.error(node, f"{_REFUSED.get(kind, kind)} is not allowed")
            if kind == "FUNCTION":
                self._check_function(node, refuse)
            if kind == "COLUMN_REF":
                found = self._column(node, inner, refuse)
                if found is not None:
                    named[found] = None
        self._check_distinct(tuple(named), place)
        return Expression(f"({text}\n)", tuple(named))

    def _tree(self, text: str, place: str) -> object:
        row = self._connection.execute(
            "SELECT json_serialize_sql(?)", [f"{_BEFORE}{text}{_AFTER}"]
        ).fetchone()
        answer: dict[str, object] = json.loads(row[0]) if row else {"error": True}
        if answer.get("error"):
            reason = str(answer.get("error_message", "it cannot be read"))
            raise OptionsInvalidError(
                f"{place}: {reason.splitlines()[0]}" + _at(text, answer.get("position")),
                hint="write one SQL expression over the source's fields, such as price * qty",
                expression=text,
            )
        statements = answer["statements"]
        select = _only_select(statements)
        if select is None:
            raise OptionsInvalidError(
                f"{place}: this is more than one expression",
                hint="write one SQL expression over the source's fields, such as price * qty",
                expression=text,
            )
        return select

    def _check_function(self, node: Mapping[str, object], refuse: "_Refusal") -> None:
        name = str(node["function_name"]).lower()
        if name in _SESSION:
            raise refuse.error(node, f"{name}() does not depend on the row and is not allowed")
        kinds = self._functions.get(name)
        if kinds is None or node.get("is_operator"):
            return
        if kinds.isdisjoint({"scalar", "macro"}):
            what = "looks at many rows" if "aggregate" in kinds else "is not of a value"
            raise refuse.error(node, f"{name}() {what} and is not allowed")
        if "volatile" in kinds and name not in _FAILING:
            raise refuse.error(node, f"{name}() gives another value when the row is read again")

    def _column(
        self, node: Mapping[str, object], inner: frozenset[str], refuse: "_Refusal"
    ) -> str | None:
        names = node["column_names"]
        name = str(names[0]) if isinstance(names, list) and names else ""
        if name in inner:
            return None
        if name in self._columns:
            return name
        same = [column for column in self._columns if column.lower() == name.lower()]
        if len(same) == 1:
            return same[0]
        if name.lower() in _MOMENTS:
            return None
        raise refuse.error(node, f"the source has no field {name}", self._hint(name))

    def _check_distinct(self, columns: tuple[str, ...], place: str) -> None:
        """Expressions of one mapping run together, so their names must differ together."""
        for name in columns:
            known = self._named.setdefault(name.lower(), name)
            if known != name:
                raise OptionsInvalidError(
                    f"{place}: SQL does not tell {known} and {name} apart",
                    hint="name only one of them in the expressions of a mapping",
                )

    def _hint(self, name: str) -> str:
        close = get_close_matches(name, self._columns, n=1, cutoff=0.5)
        if close:
            return f"did you mean {close[0]}?"
        return f"it has {', '.join(self._columns)}"


@dataclass(frozen=True, slots=True)
class _Refusal:
    text: str
    place: str

    def error(
        self, node: Mapping[str, object], reason: str, hint: str = ""
    ) -> OptionsInvalidError:
        return OptionsInvalidError(
            f"{self.place}: {reason}" + _at(self.text, node.get("query_location")),
            hint=hint or "an expression sees one row; a flow's SQL node sees a whole stream",
            expression=self.text,
        )


def _at(text: str, location: object) -> str:
    """Return where in the text a place of the statement is, counted in characters."""
    try:
        offset = int(str(location)) - len(_BEFORE)
    except ValueError:
        return ""
    encoded = text.encode()
    if not 0 <= offset < len(encoded):
        return ""
    return f" (character {len(encoded[:offset].decode(errors='ignore')) + 1})"


def _functions(connection: duckdb.DuckDBPyConnection) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    rows = connection.execute(
        "SELECT DISTINCT lower(function_name), function_type, stability FROM duckdb_functions()"
    ).fetchall()
    for name, kind, stability in rows:
        found.setdefault(name, set()).add(kind)
        if stability == "VOLATILE":
            found[name].add("volatile")
    return {name: frozenset(kinds) for name, kinds in found.items()}


def _only_select(statements: object) -> object:
    """Return the one expression of the one plain SELECT, or None when there is more."""
    if not isinstance(statements, list) or len(statements) != 1:
        return None
    node = statements[0]["node"]
    plain = (
        node.get("type") == "SELECT_NODE"
        and len(node.get("select_list", ())) == 1
        and (node.get("from_table") or {}).get("type") == "EMPTY"
        and not node.get("modifiers")
        and not (node.get("cte_map") or {}).get("map")
        and not any(
            node.get(part)
            for part in ("where_clause", "group_expressions", "having", "sample", "qualify")
        )
    )
    if not plain:
        return None
    expression = node["select_list"][0]
    return None if expression.get("alias") else expression


def _nodes(
    tree: object, inner: frozenset[str]
) -> Iterator[tuple[Mapping[str, object], frozenset[str]]]:
    """Yield each node of the tree, with the names that lambdas around it bring."""
    if isinstance(tree, list):
        for item in tree:
            yield from _nodes(item, inner)
        return
    if not isinstance(tree, dict):
        return
    if "class" in tree and "type" in tree:
        if tree["class"] == "LAMBDA":
            inner |= _parameters(tree.get("lhs"))
        yield tree, inner
    for item in tree.values():
        if isinstance(item, dict | list):
            yield from _nodes(item, inner)


def _parameters(declared: object) -> frozenset[str]:
    names: set[str] = set()
    for node, _ in _nodes(declared, frozenset()):
        columns = node.get("column_names")
        if isinstance(columns, list):
            names |= {str(name) for name in columns}
    return frozenset(names)
