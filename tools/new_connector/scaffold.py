"""What a new connector begins with."""

import re
from pathlib import Path
from string import Template

_TEMPLATES = Path(__file__).parent / "templates"
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_FILES = {
    "init": "src/landbridge/connectors/{name}/__init__.py",
    "options": "src/landbridge/connectors/{name}/options.py",
    "types": "src/landbridge/connectors/{name}/types.py",
    "errors": "src/landbridge/connectors/{name}/errors.py",
    "source": "src/landbridge/connectors/{name}/source.py",
    "sink": "src/landbridge/connectors/{name}/sink.py",
    "manifest": "src/landbridge/connectors/{name}/manifest.py",
    "contract": "tests/contract/test_{name}_contract.py",
    "page": "docs/connectors/{name}.md",
    "note": "changelog.d/0_{slug}-connector.added.md",
}


class NameRefusedError(Exception):
    """The name cannot be a connector's, or is one's already."""


def scaffold(root: Path, name: str) -> list[str]:
    """Write the files of connector `name` below `root`; return their paths.

    Raises:
        NameRefusedError: The name is malformed or taken; nothing was written.
    """
    if not _NAME.fullmatch(name):
        raise NameRefusedError(
            f"{name!r} is no name of a connector: lower-case letters, digits, single"
            " underscores; as in: make new-connector NAME=acme_crm"
        )
    if (root / "src/landbridge/connectors" / name).exists():
        raise NameRefusedError(f"there is a connector {name} already")
    words = {
        "name": name,
        "slug": name.replace("_", "-"),
        "Name": "".join(word.title() for word in name.split("_")),
    }
    written: list[str] = []
    for template, place in _FILES.items():
        path = root / place.format(**words)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = (_TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")
        path.write_text(Template(text).substitute(words), encoding="utf-8")
        written.append(str(path.relative_to(root)))
    return written
