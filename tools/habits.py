"""Habits of the house that a linter does not know: run as part of `tools.budgets`.

Only `app` reads the environment. Only `telemetry` logs. Nothing hides an import, and an
ignore names what it ignores.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_NAMELESS = re.compile(r"#\s*(noqa(?!: [A-Z]+\d)|(type|pyright): ignore(?!\[))")
_READS_ENVIRONMENT = frozenset({"app"})
_LOGS = frozenset({"telemetry"})
_LOGGERS = frozenset({"logging", "structlog"})


def faults(where: Path, text: str, tree: ast.Module) -> Iterator[str]:
    """Yield one line per broken habit in the file at `where`, relative to the repository."""
    for number, line in enumerate(text.splitlines(), start=1):
        if _NAMELESS.search(line):
            yield f"{where}:{number}: an ignore names its code"
    for node in ast.walk(tree):
        yield from (f"{where}:{line}: {fault}" for line, fault in _hidden(node))
        if where.parts[:2] == ("src", "landbridge"):
            yield from (f"{where}:{line}: {fault}" for line, fault in _layered(where, node))


def _hidden(node: ast.AST) -> Iterator[tuple[int, str]]:
    if not isinstance(node, ast.ImportFrom):
        return
    names = {alias.name for alias in node.names}
    if node.module == "__future__" and "annotations" in names:
        yield node.lineno, "annotations are real; drop the import from __future__"
    if node.module == "typing" and "TYPE_CHECKING" in names:
        yield node.lineno, "TYPE_CHECKING hides an import, and cycles hide there"


def _layered(where: Path, node: ast.AST) -> Iterator[tuple[int, str]]:
    package = where.parts[2]
    if not isinstance(node, ast.Import | ast.ImportFrom | ast.Attribute):
        return
    if package not in _READS_ENVIRONMENT and _reads_environment(node):
        yield node.lineno, "only app reads the environment; take the value as an argument"
    if package not in _LOGS:
        yield from (
            (node.lineno, "only telemetry logs; emit an event")
            for module in _imported(node)
            if module.partition(".")[0] in _LOGGERS
        )


def _reads_environment(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == "os" and any(a.name in {"environ", "getenv"} for a in node.names)
    return (
        isinstance(node, ast.Attribute)
        and node.attr in {"environ", "environb", "getenv"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    )


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
