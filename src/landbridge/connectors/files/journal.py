"""What a folder remembers of its loads: one note per generation and one per share.

Notes stand in ``_landbridge/loads/…`` beside the data and are replaced in one step. A batch
is settled when its share's note says so; parts that no note covers are leftovers.
"""

import base64
import hashlib
import json
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from landbridge.connectors.files.durable import locked, write_durably
from landbridge.connectors.files.errors import explained
from landbridge.connectors.files.places import OWN_FOLDER
from landbridge.data.batch import Position
from landbridge.data.ledger import Counts
from landbridge.kernel.errors import DataUnreadableError, LoadBusyError
from landbridge.sdk.progress import LoadState, Progress, Settled
from landbridge.sdk.sink import Load

_STATES: dict[str, LoadState] = {
    "open": "open",
    "published": "published",
    "discarded": "discarded",
}


@dataclass(frozen=True, slots=True)
class Generation:
    """The note of a generation.

    Attributes:
        load: Identity of the load.
        number: Which generation.
        state: See `Progress`.
        plan: See `Progress`.
        owner: See `Progress`.
        prepared: Name of the complete new file that is about to take its place, or "".
    """

    load: str
    number: int
    state: LoadState
    plan: str
    owner: str
    prepared: str = ""


@dataclass(frozen=True, slots=True)
class ShareNote:
    """The note of a share.

    Attributes:
        settled: Its totals.
        rows: Rows in its parts.
        parts: Number of its parts.
        last: Rows of its last batch.
    """

    settled: Settled
    rows: int = 0
    parts: int = 0
    last: int = 0

    def after(self, settled: Settled, rows: int) -> "ShareNote":
        """Return the note with one more batch; the same batch again counts once."""
        if rows == 0:  # the mark that a share is done has the number of the last batch
            return replace(self, settled=settled)
        again = settled.batches == self.settled.batches and self.last > 0
        return ShareNote(
            settled,
            self.rows + rows - (self.last if again else 0),
            self.parts + (0 if again else 1),
            rows,
        )


@dataclass(frozen=True, slots=True)
class Journal:
    """The notes of one load."""

    base: Path
    load: str
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        name = hashlib.sha256(self.load.encode()).hexdigest()[:16]
        object.__setattr__(self, "folder", self.base / OWN_FOLDER / "loads" / name)

    @property
    def name(self) -> str:
        """A short name of the load, good for file names."""
        return self.folder.name

    @contextmanager
    def held(self) -> Generator[None]:
        """Keep other processes and threads from changing the notes."""
        with locked(self.folder / "lock"):
            yield

    def generation(self) -> Generation | None:
        """Return the note of the latest generation, or None without one."""
        path = self.folder / "generation.json"
        with explained(path.name):
            if not path.exists():
                return None
            found = _read(path)
        state = _STATES.get(str(found.get("state")))
        if state is None or not isinstance(found.get("number"), int):
            raise DataUnreadableError(f"{path} is not a note of ours", file=path.name)
        return Generation(
            load=str(found["load"]),
            number=int(str(found["number"])),
            state=state,
            plan=str(found["plan"]),
            owner=str(found["owner"]),
            prepared=str(found["prepared"]),
        )

    def progress(self) -> Progress | None:
        """Return the latest generation as the SDK knows it."""
        found = self.generation()
        if found is None:
            return None
        shares = {note.settled.share: note.settled for note in self.shares(found.number)}
        return Progress(found.number, found.state, found.plan, found.owner, shares)

    def begin(self, load: Load) -> None:
        """Begin a generation; what is left of earlier ones is removed.

        Raises:
            LoadBusyError: Another run has begun it.
        """
        found = self.generation()
        if found is not None and found.state == "open" and found.number == load.generation:
            self.owned(load)
        parts = self.parts(load.generation)
        if parts.parent.exists():
            shutil.rmtree(parts.parent)
        parts.mkdir(parents=True)
        self.note(Generation(load.load_id, load.generation, "open", load.plan, load.run_id))
        for old in self.folder.glob("g*"):
            if old.is_dir() and old != parts.parent:
                shutil.rmtree(old)

    def resume(self, load: Load) -> None:
        """Take over an open generation; parts that no note covers are removed.

        Raises:
            LoadBusyError: The generation is not there, or finished.
        """
        found = self.generation()
        if found is None or found.number != load.generation or found.state != "open":
            raise LoadBusyError(
                f"generation {load.generation} of {load.load_id} is not open",
                load=load.load_id,
            )
        self.note(replace(found, owner=load.run_id))
        settled = {
            share_name(note.settled.share): note.settled.batches
            for note in self.shares(load.generation)
        }
        parts = self.parts(load.generation)
        parts.mkdir(parents=True, exist_ok=True)
        for part in parts.iterdir():
            share, _, number = part.stem.partition("-")
            if not number.isdecimal() or int(number) > settled.get(share, 0):
                part.unlink()

    def owned(self, load: Load) -> Generation:
        """Return the note of a generation that this run owns.

        Raises:
            LoadBusyError: Another run has taken it over.
        """
        found = self.generation()
        mine = found is not None and (found.number, found.owner) == (
            load.generation,
            load.run_id,
        )
        if found is None or not mine:
            raise LoadBusyError(f"{load.load_id} was taken over", load=load.load_id)
        return found

    def note(self, generation: Generation) -> None:
        """Write the note of a generation."""
        text = json.dumps(asdict(generation), ensure_ascii=False, indent=1)
        write_durably(self.folder / "generation.json", text.encode())

    def note_share(self, generation: int, note: ShareNote) -> None:
        """Write the note of a share."""
        settled = note.settled
        text = json.dumps(
            {
                **asdict(settled),
                "position": base64.b64encode(settled.position).decode(),
                "rows": note.rows,
                "parts": note.parts,
                "last": note.last,
            },
            ensure_ascii=False,
            indent=1,
        )
        folder = self._generation(generation) / "shares"
        write_durably(folder / f"{share_name(settled.share)}.json", text.encode())

    def share(self, generation: int, share: str) -> ShareNote:
        """Return the note of a share, one of nothing before its first batch."""
        path = self._generation(generation) / "shares" / f"{share_name(share)}.json"
        if path.exists():
            return _share(path)
        return ShareNote(Settled(share, 0, Position(b""), Counts()))

    def shares(self, generation: int) -> list[ShareNote]:
        """Return the notes of all shares, in the order of their names."""
        folder = self._generation(generation) / "shares"
        notes = [_share(path) for path in folder.glob("*.json")]
        return sorted(notes, key=lambda note: note.settled.share)

    def parts(self, generation: int) -> Path:
        """Return the folder of a generation's parts."""
        return self._generation(generation) / "parts"

    def part(self, generation: int, settled: Settled, ending: str) -> Path:
        """Return the path of a batch's part: the same batch has the same name."""
        name = f"{share_name(settled.share)}-{settled.batches:010}{ending}"
        return self.parts(generation) / name

    def ordered_parts(self, generation: int) -> list[Path]:
        """Return all parts, those of a share together and in the order of its batches."""
        found: list[Path] = []
        for note in self.shares(generation):
            pattern = f"{share_name(note.settled.share)}-*"
            parts = sorted(self.parts(generation).glob(pattern))
            if len(parts) != note.parts:
                raise DataUnreadableError(
                    f"{len(parts)} parts of share {note.settled.share} are there, not "
                    f"{note.parts}",
                    hint="start the copy afresh",
                )
            found += parts
        return found

    def _generation(self, number: int) -> Path:
        return self.folder / f"g{number}"


def share_name(share: str) -> str:
    """Return the name of a share in file names."""
    return hashlib.sha256(share.encode()).hexdigest()[:20]


def _read(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataUnreadableError(f"{path} is damaged", file=path.name) from error
    if not isinstance(found, dict):
        raise DataUnreadableError(f"{path} is damaged", file=path.name)
    return found


def _share(path: Path) -> ShareNote:
    with explained(path.name):
        found = json.loads(path.read_text(encoding="utf-8"))
    rows, parts, last = (int(found.pop(name)) for name in ("rows", "parts", "last"))
    found["position"] = Position(base64.b64decode(found["position"]))
    found["counts"] = Counts(**found["counts"])
    return ShareNote(Settled(**found), rows, parts, last)
