"""Judge the change notes in changelog.d/: run as `python -m tools.fragments`.

A note is a file `<issue>_<slug>.<type>.md`; changelog.d/README.md says what goes into it.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

TYPES = ("added", "breaking", "changed", "fixed", "removed", "security")
_NAME = re.compile(r"(?P<issue>\d+)_(?P<slug>[a-z0-9]+(-[a-z0-9]+)*)\.(?P<type>[a-z]+)\.md")
_BREAKING_PARTS = ("## Summary", "## Migration")


def faults(folder: Path) -> Iterator[str]:
    """Yield one line per fault in the notes of `folder`."""
    for path in sorted(folder.iterdir()):
        if path.name == "README.md":
            continue
        named = _NAME.fullmatch(path.name)
        if named is None:
            yield f"{path.name}: is not named <issue>_<slug>.<type>.md"
            continue
        if named["type"] not in TYPES:
            yield f"{path.name}: {named['type']} is none of {', '.join(TYPES)}"
        text = path.read_text(encoding="utf-8")
        if not text.strip():
            yield f"{path.name}: is empty; say what changes for whoever uses Landbridge"
        elif named["type"] == "breaking":
            lacking = [part for part in _BREAKING_PARTS if part not in text.splitlines()]
            yield from (f"{path.name}: lacks a part {part!r}" for part in lacking)


def main() -> int:
    """Print every fault; return 1 when there is one."""
    found = list(faults(Path(__file__).parents[1] / "changelog.d"))
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
