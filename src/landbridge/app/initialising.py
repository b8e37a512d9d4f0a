"""A new project, with one example that works."""

import re
from dataclasses import dataclass
from pathlib import Path

from landbridge.kernel.errors import OptionsInvalidError

_PROJECT = """\
kind: project
name: {name}

# Secrets are asked here, in this order. `landbridge secret set NAME` fills the file.
secrets:
  - type: env
  - type: file
"""
_FILES = """\
# Files of this folder: CSV, Excel, Parquet, NDJSON.
kind: connection
name: drops
connector: files
options:
  path: data
"""
_WAREHOUSE = """\
# One DuckDB file; nothing to install.
kind: connection
name: warehouse
connector: duckdb
options:
  path: warehouse.duckdb
"""
_FLOW = """\
# landbridge plan example      shows what a run would do
# landbridge run example       does it, and accounts for every row
kind: flow
name: example
nodes:
  - name: items
    type: copy
    source: {connection: drops, streams: [items.csv]}
    target: {connection: warehouse, stream: items}
    write: {mode: merge, keys: [code]}
    mapping:
      fields:
        - {to: code, from: code, normalise: [trim, upper]}
        - {to: price, from: price, type: "decimal(12,2)", rounding: half_up}
    failed_rows: {action: quarantine}
"""
_ITEMS = "code,name,price\nmat-0042,六角螺栓,1.50\n mat-0043,平垫圈,0.12\nmat-0044,弹簧,?\n"
_IGNORE = ".landbridge/\n*.duckdb\n*.duckdb.wal\n"


@dataclass(frozen=True, slots=True)
class Created:
    """A project that was made.

    Attributes:
        name: Its name.
        files: Paths of what was written, relative to its folder.
    """

    name: str
    files: tuple[str, ...]


def create_project(folder: Path) -> Created:
    """Write a small project that runs as it is.

    Raises:
        OptionsInvalidError: A project is there already, or the folder cannot be written.
    """
    if (folder / "landbridge.yaml").exists():
        raise OptionsInvalidError(f"{folder} is a project already", file=str(folder))
    name = re.sub(r"[^a-z0-9_]+", "_", folder.resolve().name.lower()).strip("_")
    name = name if name[:1].isalpha() else f"project_{name}".rstrip("_")
    contents = {
        "connections/drops.yaml": _FILES,
        "connections/warehouse.yaml": _WAREHOUSE,
        "flows/example.yaml": _FLOW,
        "data/items.csv": _ITEMS,
        ".gitignore": _IGNORE,
        "landbridge.yaml": _PROJECT.format(name=name[:63]),
    }
    try:
        for path, text in contents.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise OptionsInvalidError(
            f"{folder} cannot be written: {error.strerror}", file=str(folder)
        ) from error
    return Created(name[:63], tuple(contents))
