"""Sizes and names a linter does not know: run as `python -m tools.budgets`.

A file has at most 400 lines. A class is named for what it is, never Manager, Helper, Util,
Handler or Base; a module is never a bag of helpers. Tests patch at most five times in a
hundred: time, ids and systems are handed in, not patched.
"""

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools import habits

FOLDERS = ("src", "tests", "tools", "benchmarks")
FILE_LINES = 400
PATCHES_PER_HUNDRED_TESTS = 5
_VAGUE = frozenset({"manager", "helper", "util", "utils", "helpers", "handler", "base"})
_VAGUE_MODULES = frozenset({"utils", "util", "helpers", "helper", "common", "misc"})
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+")
_MOCKS = frozenset({"patch", "Mock", "MagicMock", "AsyncMock", "create_autospec"})


def faults(root: Path) -> Iterator[str]:
    """Yield one line per broken rule of the repository at `root`."""
    patches = tests = 0
    for path in _python_files(root):
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text, filename=str(path))
        where = path.relative_to(root)
        yield from _size(where, text)
        yield from _names(where, tree)
        yield from habits.faults(where, text, tree)
        if where.parts[0] == "tests":
            tests += sum(map(_is_test, ast.walk(tree)))
            patches += sum(map(_is_patch, ast.walk(tree)))
    if patches * 100 > tests * PATCHES_PER_HUNDRED_TESTS:
        yield f"tests: {patches} patches in {tests} tests; at most 5 in 100"


def _python_files(root: Path) -> Sequence[Path]:
    return sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.py"))


def _size(where: Path, text: str) -> Iterator[str]:
    lines = text.count("\n")
    if lines > FILE_LINES:
        yield f"{where}: {lines} lines; at most {FILE_LINES}: split it by what it is about"


def _names(where: Path, tree: ast.Module) -> Iterator[str]:
    if where.stem in _VAGUE_MODULES:
        yield f"{where}: a module is named for what it holds, not {where.stem}"
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and (vague := _vague_words(node.name)):
            yield f"{where}:{node.lineno}: class {node.name} says {vague}; say what it is"


def _vague_words(name: str) -> str:
    return ", ".join(word for word in _WORDS.findall(name) if word.lower() in _VAGUE)


def _is_test(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test_")


def _is_patch(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    if isinstance(called, ast.Name):
        return called.id in _MOCKS
    if not isinstance(called, ast.Attribute):
        return False
    on_monkeypatch = isinstance(called.value, ast.Name) and called.value.id == "monkeypatch"
    return called.attr in _MOCKS or (on_monkeypatch and called.attr in {"setattr", "setitem"})


def main() -> int:
    """Print every fault; return 1 when there is one."""
    found = list(faults(Path(__file__).parents[1]))
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
