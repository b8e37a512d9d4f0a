"""Writing files: batches as parts, a journal beside them, one new file in the end."""

import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from typing_extensions import override

from landbridge.connectors.files.durable import locked, sync_file, sync_folder, take_name
from landbridge.connectors.files.encoders import Encoder, encoder_of
from landbridge.connectors.files.errors import explained
from landbridge.connectors.files.fits import fit_of
from landbridge.connectors.files.journal import Journal
from landbridge.connectors.files.options import (
    ExcelFormat,
    FileFormat,
    FilesOptions,
    ParquetFormat,
)
from landbridge.connectors.files.parquet_files import key_and_comment, keyed
from landbridge.connectors.files.places import ENDINGS, OWN_FOLDER, Folder, format_by_name
from landbridge.connectors.files.sidecar import note_schema, schema_beside
from landbridge.connectors.files.source import columns_of
from landbridge.data.schema import StreamSchema
from landbridge.data.types import canonical
from landbridge.kernel.errors import (
    OptionsInvalidError,
    RowsRefusedError,
    SchemaChangedError,
)
from landbridge.sdk.manifest import Context
from landbridge.sdk.progress import Progress, Settled
from landbridge.sdk.sink import Change, Fit, Load, Loading, Published, Sink, Writer


@dataclass(frozen=True, slots=True)
class Target:
    """Where a stream is written.

    Attributes:
        path: The file, or the folder of files.
        many: Whether it is a folder, to which every generation adds a file.
        format: The format.
        encoder: What writes it.
    """

    path: Path
    many: bool
    format: FileFormat
    encoder: Encoder

    def existing(self) -> Path | None:
        """Return the file, or the first of the folder, or None without one."""
        if not self.many:
            return self.path if self.path.is_file() else None
        found = sorted(self.path.glob(f"*{self.encoder.ending}")) if self.path.is_dir() else []
        return found[0] if found else None


class FilesSink(Sink):
    """Write side of a folder."""

    def __init__(self, options: FilesOptions, context: Context) -> None:
        self._options = options
        self._folder = Folder(options, context.folder)
        self._format = options.format or ParquetFormat(type="parquet")

    @override
    def check(self) -> str:
        with explained(self._options.path):
            trial = self._folder.base / OWN_FOLDER / f"{uuid.uuid4().hex}.trial"
            trial.parent.mkdir(parents=True, exist_ok=True)
            trial.write_bytes(b"")
            trial.unlink()
        return self._folder.check()

    @override
    def describe(self, stream: str) -> StreamSchema | None:
        target = self._target(stream)
        with explained(stream):
            found = target.existing()
            return None if found is None else _described(stream, found, target)

    @override
    def fit(self, column: pa.Field) -> Fit:
        return fit_of(column, self._format)

    @override
    def changes(self, load: Load) -> Sequence[Change]:
        target = self._target(load.stream)
        _check_mode(load, target)
        with explained(load.stream):
            found = target.existing()
            if found is None:
                return (Change("create", f"create {load.stream}"),)
            if load.mode == "replace":
                sentence = f"write {load.stream} anew in place of the file there is"
                return (Change("replace", sentence, destructive=True),)
            _check_columns(load, _described(load.stream, found, target))
            what = "a file" if target.many else "rows"
            return (Change("write", f"add {what} to {load.stream}"),)

    @override
    def progress(self, load_id: str, stream: str) -> Progress | None:
        return Journal(self._folder.base, load_id).progress()

    @override
    def open(self, load: Load) -> Loading:
        target = self._target(load.stream)
        self.changes(load)
        journal = Journal(self._folder.base, load.load_id)
        with explained(load.stream), journal.held():
            if load.resume:
                journal.resume(load)
            else:
                journal.begin(load)
        return FilesLoading(load, target, journal)

    @override
    def repair(self, load: Load, rows: pa.RecordBatch, gone: pa.RecordBatch) -> None:
        raise OptionsInvalidError(
            "rows of files are not changed in place",
            hint="copy with mode replace",
            stream=load.stream,
        )

    @override
    def close(self) -> None:
        pass  # nothing is held

    def _target(self, stream: str) -> Target:
        declared = self._options.streams.get(stream)
        name = declared.files if declared is not None else stream
        options = (declared.format if declared is not None else None) or self._format
        if any(sign in name for sign in "*?[") and declared is not None:
            raise OptionsInvalidError(
                f"{name} is a pattern: it can only be read", stream=stream
            )
        encoder = encoder_of(options)
        many = name.endswith("/")
        if not many:
            ending = Path(name).suffix.lower()
            if ending in ENDINGS and ENDINGS[ending] != options.type:
                stated = format_by_name(name).type
                raise OptionsInvalidError(
                    f"{name} is named as {stated}, but this connection writes {options.type}",
                    hint=f"set `format: {{type: {stated}}}` on the connection",
                    stream=stream,
                )
            if ending not in ENDINGS:
                name += encoder.ending
        return Target(self._folder.path(name), many, options, encoder)


class FilesLoading(Loading):
    """An open generation of a load."""

    def __init__(self, load: Load, target: Target, journal: Journal) -> None:
        self._load = load
        self._target = target
        self._journal = journal

    @override
    def writer(self) -> Writer:
        return FilesWriter(self._load, self._target, self._journal)

    @override
    def publish(self) -> Published:
        """Make one new file of all parts, and give it its name in one step.

        The note names the finished file before that step. If the process ends between the
        two, the file that is still there under its first name was not given its own, and is
        made again; if it is gone, it was, and only the note is missing.
        """
        load, journal, target = self._load, self._journal, self._target
        with explained(load.stream), journal.held(), locked(_lock_of(target)):
            generation = journal.owned(load)
            final = self._final()
            rows = sum(note.rows for note in journal.shares(load.generation))
            if generation.state != "published":
                prepared = final.with_name(f".{final.name}.{journal.name}.writing")
                if not (generation.prepared and not prepared.exists()):
                    journal.note(replace(generation, prepared=""))
                    self._prepare(prepared, final)
                    journal.note(replace(generation, prepared=prepared.name))
                    take_name(prepared, final)
                journal.note(replace(generation, state="published", prepared=""))
                shutil.rmtree(journal.parts(load.generation), ignore_errors=True)
        return Published(rows=rows if load.mode == "replace" else None)

    @override
    def discard(self) -> None:
        load, journal = self._load, self._journal
        with explained(load.stream), journal.held():
            generation = journal.owned(load)
            journal.note(replace(generation, state="discarded"))
            shutil.rmtree(journal.parts(load.generation), ignore_errors=True)

    @override
    def close(self) -> None:
        pass  # nothing is held

    def _schema(self) -> StreamSchema:
        load = self._load
        return StreamSchema(load.stream, canonical(load.columns), load.key, load.comment)

    def _final(self) -> Path:
        if not self._target.many:
            return self._target.path
        name = f"{self._journal.name}-{self._load.generation:06}"
        return self._target.path / f"{name}{self._target.encoder.ending}"

    def _prepare(self, prepared: Path, final: Path) -> None:
        prepared.parent.mkdir(parents=True, exist_ok=True)
        grows = self._load.mode == "append" and not self._target.many and final.exists()
        parts = self._journal.ordered_parts(self._load.generation)
        old = final if grows else None
        self._target.encoder.join(old, parts, prepared, self._schema())
        sync_file(prepared)
        if not isinstance(self._target.format, ParquetFormat):
            note_schema(prepared, final, self._schema())


class FilesWriter(Writer):
    """Writes batches as parts."""

    def __init__(self, load: Load, target: Target, journal: Journal) -> None:
        self._load = load
        self._target = target
        self._journal = journal
        self._columns = keyed(canonical(load.columns), load.key, load.comment)

    @override
    def write(self, rows: pa.RecordBatch, settled: Settled) -> None:
        refused = self._refusals(rows)
        if refused:
            raise RowsRefusedError(next(iter(refused.values())), refused)
        load, journal = self._load, self._journal
        part = journal.part(load.generation, settled, self._target.encoder.part_ending)
        writing = part.with_name(f"{uuid.uuid4().hex}.writing")
        with explained(load.stream):
            if rows.num_rows:
                journal.owned(load)
                self._write_part(rows, writing)
            with journal.held():
                journal.owned(load)
                before = journal.share(load.generation, settled.share)
                if rows.num_rows:
                    writing.replace(part)
                    sync_folder(part.parent)
                journal.note_share(load.generation, before.after(settled, rows.num_rows))

    @override
    def refusal(self, rows: pa.RecordBatch) -> str | None:
        return next(iter(self._refusals(rows).values()), None)

    @override
    def close(self) -> None:
        pass  # nothing is held

    def _write_part(self, rows: pa.RecordBatch, writing: Path) -> None:
        plain = pa.RecordBatch.from_arrays(rows.columns, schema=self._columns)
        self._target.encoder.write_part(plain, writing)
        sync_file(writing)

    def _refusals(self, rows: pa.RecordBatch) -> Mapping[int, str]:
        found = dict(self._target.encoder.refusals(rows))
        required = {one.name for one in self._columns if not one.nullable}
        for name in sorted({*required, *self._load.key}):
            column = rows.column(name)
            if column.null_count:
                for row in pc.indices_nonzero(column.is_null()).to_pylist():
                    found.setdefault(row, f"{name} is NULL")
        return found


def _described(stream: str, found: Path, target: Target) -> StreamSchema:
    columns = columns_of(found, target.format)
    if isinstance(target.format, ParquetFormat):
        key, comment = key_and_comment(found)
        return StreamSchema(stream, columns, key, comment)
    beside = schema_beside(found)
    if beside is None:
        return StreamSchema(stream, columns)
    return replace(beside, stream=stream)


def _check_mode(load: Load, target: Target) -> None:
    if load.mode == "replace" and target.many:
        raise OptionsInvalidError(
            "a folder of files cannot be replaced in one step",
            hint=f"write the file {load.stream.rstrip('/')}{target.encoder.ending} instead",
            stream=load.stream,
        )
    if load.mode == "append" and isinstance(target.format, ExcelFormat):
        raise OptionsInvalidError(
            "rows cannot be added to a workbook without losing what else it holds",
            hint="write it with mode replace",
            stream=load.stream,
        )


def _check_columns(load: Load, existing: StreamSchema) -> None:
    wanted = canonical(load.columns)
    same = wanted.names == existing.columns.names and all(
        one.type.equals(other.type) for one, other in zip(wanted, existing.columns, strict=True)
    )
    if not same:
        raise SchemaChangedError(
            f"{load.stream} has other columns than those to add: "
            f"{', '.join(existing.columns.names)}",
            hint="write to another file, or with mode replace",
            stream=load.stream,
        )


def _lock_of(target: Target) -> Path:
    folder = target.path.parent / OWN_FOLDER
    return folder / f"{uuid.uuid5(uuid.NAMESPACE_URL, target.path.name)}.lock"
