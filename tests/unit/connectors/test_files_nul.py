"""A zero byte in a text is a character, and no sign of another encoding."""

from contextlib import closing
from pathlib import Path

import pytest

from landbridge.connectors.files.manifest import MANIFEST
from landbridge.connectors.files.options import FilesOptions
from landbridge.sdk.manifest import Context
from landbridge.sdk.reading import Reading


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b'id,v\n1,"a\0b"\n2,\n', [("1", "a\0b"), ("2", None)]),
        (b"id,v\n1,ab\n2,\0\n3,x\n", [("1", "ab"), ("2", "\0"), ("3", "x")]),
        ("id,v\n1,上海\n2,上\n".encode("utf-16-le"), [("1", "上海"), ("2", "上")]),
        ("id,v\n1,上海\n2,上\n".encode("utf-16-be"), [("1", "上海"), ("2", "上")]),
    ],
)
def test_every_row_is_read_as_it_was_written(
    tmp_path: Path, content: bytes, rows: list[tuple[str, str | None]]
) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    assert MANIFEST.source is not None
    context = Context(tmp_path, tmp_path)
    with closing(MANIFEST.source(FilesOptions(path="."), context)) as source:
        reading = Reading("t.csv")
        found = [
            (row["id"], row["v"])
            for share in source.shares(reading, want=1)
            for batch in source.read(reading, share, after=None)
            for row in batch.rows.to_pylist()
        ]
    assert found == rows
