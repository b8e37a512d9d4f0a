"""Types of the columns of files that cannot say them, kept beside the file we wrote."""

import base64
import hashlib
import json
from pathlib import Path

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
        noted = json.loads(_place(file).read_text(encoding="utf-8"))
        if noted["content"] != _content(file):
            return None
        columns = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(noted["columns"])))
        return StreamSchema(file.name, columns, tuple(noted["key"]), noted["comment"])
    except (OSError, ValueError, KeyError, pa.ArrowException):
        return None  # no note, or none of ours: the file speaks for itself


def note_schema(file: Path, schema: StreamSchema) -> None:
    """Note the columns of a file that was just written."""
    text = json.dumps(
        {
            "file": file.name,
            "content": _content(file),
            "columns": base64.b64encode(schema.columns.serialize().to_pybytes()).decode(),
            "key": list(schema.key),
            "comment": schema.comment,
        },
        ensure_ascii=False,
        indent=1,
    )
    write_durably(_place(file), text.encode())


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
