"""Cutting a stream's files into shares of similar size."""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import pairwise

from landbridge.connectors.files.options import FileFormat, ParquetFormat
from landbridge.connectors.files.parquet_files import group_count
from landbridge.connectors.files.places import FilePart, Folder, parts_to_text
from landbridge.sdk.reading import Share

_NAME = 40


def cut(
    parts: Sequence[FilePart],
    formats: Mapping[str, FileFormat],
    folder: Folder,
    want: int,
) -> list[Share]:
    """Return shares of whole files; with fewer files than wanted, of their row groups.

    A share's name is made of its files' names, sizes and times of change, so that the same
    name always means the same rows.
    """
    pieces = list(parts)
    if 0 < len(pieces) < want:
        pieces = [
            piece
            for part in parts
            for piece in _split(part, formats[part.name], folder, -(-want // len(parts)))
        ]
    return [_share(group) for group in _grouped(pieces, want)]


def _split(part: FilePart, options: FileFormat, folder: Folder, want: int) -> list[FilePart]:
    if not isinstance(options, ParquetFormat):
        return [part]
    groups = group_count(folder.path(part.name))
    count = min(want, groups)
    cuts = [groups * at // count for at in range(count + 1)] if count > 1 else []
    if not cuts:
        return [part]
    return [
        FilePart(part.name, part.size, part.modified_ns, start, end - start)
        for start, end in pairwise(cuts)
    ]


def _grouped(pieces: Sequence[FilePart], want: int) -> list[list[FilePart]]:
    """Return consecutive pieces in at most so many groups of similar bytes."""
    if len(pieces) <= want:
        return [[piece] for piece in pieces] or [[]]
    each = max(sum(piece.size for piece in pieces) / want, 1)
    groups: list[list[FilePart]] = [[]]
    size = 0
    for at, piece in enumerate(pieces):
        left = len(pieces) - at
        full = size >= each * len(groups) or left <= want - len(groups)
        if groups[-1] and full and len(groups) < want:
            groups.append([])
        groups[-1].append(piece)
        size += piece.size
    return groups


def _share(pieces: Sequence[FilePart]) -> Share:
    text = parts_to_text(pieces)
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    first = pieces[0].name.rpartition("/")[2][:_NAME] if pieces else "nothing"
    return Share(f"{first}-{digest}", text)
