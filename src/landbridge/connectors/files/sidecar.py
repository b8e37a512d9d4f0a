"""Types of the columns of files that cannot say them, kept beside the file we wrote."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from landbridge.connectors.files.durable import write_durably
from landbridge.connectors.files.places import OWN_FOLDER
from landbridge.data.schema import StreamSchema

_EDGE = 64 << 10


def columns_beside(file: Path) -> pa.Schema | None:
    """Return the columns with which we wrote a file, or None if it is not as we wrote it."""
    found = schema_beside(file)
    return None if found is None else found.columns


def schema_beside(file: Path) -> StreamSchema | None:
    """Return columns, key and comment with which we wrote a file, if it is still the same."""
    try:
        content = _content(file)
        for note in _notes(file):
            if note["content"] == content:
                data = pa.py_buffer(base64.b64decode(note["columns"]))
                columns = pa.ipc.read_schema(data)
                return StreamSchema(file.name, columns, tuple(note["key"]), note["comment"])
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        pass  # no note, or none of ours: the file speaks for itself
    return None


def note_schema(prepared: Path, final: Path, schema: StreamSchema) -> None:
    """Note the columns of a file that is about to get its final name.

    The note of the file that has the name now is kept: whichever of the two a reader finds,
    even after a crash, its columns are known.
    """
    try:
        now = _content(final)
        kept = [note for note in _notes(final) if note["content"] == now]
    except (OSError, ValueError, KeyError, TypeError):
        kept = []
    note = {
        "content": _content(prepared),
        "columns": base64.b64encode(schema.columns.serialize().to_pybytes()).decode(),
        "key": list(schema.key),
        "comment": schema.comment,
    }
    text = json.dumps({"file": final.name, "notes": [note, *kept]}, ensure_ascii=False)
    write_durably(_place(final), text.encode())


def _notes(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(_place(file).read_text(encoding="utf-8"))["notes"]
    return found


def _place(file: Path) -> Path:
    name = hashlib.sha256(file.name.encode()).hexdigest()[:16]
    return file.parent / OWN_FOLDER / "columns" / f"{name}.json"


def _content(file: Path) -> str:
    """Return size and hash of both ends: enough to see that another file took the place."""
    size = file.stat().st_size
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        digest.update(opened.read(_EDGE))
        opened.seek(max(size - _EDGE, 0))
        digest.update(opened.read(_EDGE))
    return f"{size}:{digest.hexdigest()}"
