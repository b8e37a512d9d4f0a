"""The files that generation owns: compared with the disk, written, removed when stale."""

from collections.abc import Iterator, Mapping
from pathlib import Path

Pages = Mapping[str, str]
"""Text by path below the repository."""

MARK = "<!-- Written by `make generate`; change the code instead. -->"
_OWNED = (("schemas", "*.json"), ("docs/reference", "**/*.md"))


def differences(root: Path, pages: Pages) -> Iterator[str]:
    """Yield each path that is not on disk as it would be written."""
    for name, text in sorted(pages.items()):
        path = root / name
        if not path.exists():
            yield f"{name}: is not written"
        elif path.read_text(encoding="utf-8") != text:
            yield f"{name}: differs"
    for path in _stale(root, pages):
        yield f"{path.relative_to(root)}: nothing generates it any more"


def write(root: Path, pages: Pages) -> Iterator[str]:
    """Bring the disk in line; yield each path that changed."""
    for name, text in sorted(pages.items()):
        path = root / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        yield name
    for path in _stale(root, pages):
        path.unlink()
        yield str(path.relative_to(root))


def _stale(root: Path, pages: Pages) -> Iterator[Path]:
    for folder, pattern in _OWNED:
        for path in sorted((root / folder).glob(pattern)):
            ours = path.suffix == ".json" or MARK in path.read_text(encoding="utf-8")
            if ours and str(path.relative_to(root)) not in pages:
                yield path
