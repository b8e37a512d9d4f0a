import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from pydantic import JsonValue
from tests.integration.connectors import files_copying as copying

from landbridge.connectors.files.journal import Journal
from landbridge.connectors.files.options import FilesOptions
from landbridge.connectors.files.sink import FilesSink
from landbridge.connectors.files.source import FilesSource
from landbridge.data.batch import Position
from landbridge.data.ledger import Counts
from landbridge.kernel.errors import (
    DataUnreadableError,
    OptionsInvalidError,
    SchemaChangedError,
)
from landbridge.sdk.manifest import Context
from landbridge.sdk.progress import Settled
from landbridge.sdk.reading import Reading
from landbridge.sdk.sink import Load, Loading, WriteMode

PARQUET = '{"type": "parquet"}'
CSV = '{"type": "csv"}'
GENERATIONS = 2
KILLS = 3


def rows_in(folder: Path, options: FilesOptions, stream: str = "t") -> list[tuple[object, ...]]:
    source = FilesSource(options, Context(folder, folder))
    reading = Reading(stream)
    [share] = source.shares(reading, want=1)
    return [
        tuple(row.values())
        for batch in source.read(reading, share, after=None)
        for row in batch.rows.to_pylist()
    ]


def expected(generations: range) -> Counter[tuple[object, ...]]:
    return Counter(
        (generation, share, number)
        for generation in generations
        for share in copying.SHARES
        for number in range(copying.BATCHES * copying.ROWS)
    )


@pytest.mark.parametrize("stated", [PARQUET, CSV], ids=["parquet", "csv"])
@pytest.mark.parametrize("mode", ["append", "replace"])
def test_killed_copies_go_on_and_lose_and_repeat_nothing(
    tmp_path: Path, mode: WriteMode, stated: str
) -> None:
    roll = random.Random(f"{mode} {stated}")
    program = [sys.executable, copying.__file__, str(tmp_path), stated, mode]
    kills = status = 0
    for generation in range(1, GENERATIONS + 1):
        for attempt in range(KILLS + 1):
            running = subprocess.Popen([*program, str(generation), f"run-{attempt}"])
            if attempt < KILLS:
                kill_in_the_middle(running, tmp_path, generation, roll)
            status = running.wait()
            kills += status == -signal.SIGKILL
        assert status == 0
        kept = range(1 if mode == "append" else generation, generation + 1)
        assert Counter(rows_in(tmp_path, copying.options_of(stated))) == expected(kept)
    assert kills > GENERATIONS


def kill_in_the_middle(
    running: "subprocess.Popen[bytes]", folder: Path, generation: int, roll: random.Random
) -> None:
    """Kill when so many parts are there; with all of them, while the file is published."""
    most = copying.BATCHES * len(copying.SHARES)
    wanted = roll.choice([roll.randrange(1, most), most, most])
    while running.poll() is None:
        parts = list(folder.glob(f"out/_landbridge/loads/*/g{generation}/parts/*-*"))
        if len(parts) >= wanted:
            time.sleep(roll.uniform(0, 0.02))
            running.send_signal(signal.SIGKILL)
            return


def one_batch(share: str = "left") -> Settled:
    return Settled(share, 1, Position(b"50"), Counts(read=50, written=50), done=True)


def opened(
    folder: Path, options: FilesOptions, mode: WriteMode = "append", generation: int = 1
) -> tuple[Load, Loading]:
    load = Load(copying.LOAD, "run", generation, "t", copying.COLUMNS, mode)
    return load, FilesSink(options, Context(folder, folder)).open(load)


@pytest.mark.parametrize("stated", [PARQUET, CSV], ids=["parquet", "csv"])
def test_a_crash_after_the_new_file_got_its_name_adds_nothing_twice(
    tmp_path: Path, stated: str
) -> None:
    options = copying.options_of(stated)
    copying.copy(tmp_path, options, "append", 1, "run")
    load, loading = opened(tmp_path, options, generation=2)
    loading.writer().write(copying.batch(2, "left", 0), one_batch())
    loading.publish()
    once = rows_in(tmp_path, options)
    journal = Journal(tmp_path / "out", load.load_id)
    published = journal.generation()
    assert published is not None
    # The process ended before it could note that it was done.
    name = f".t.{json.loads(stated)['type']}.{journal.name}.writing"
    journal.note(replace(published, state="open", prepared=name))
    again = FilesSink(options, Context(tmp_path, tmp_path)).open(
        replace(load, run_id="later", resume=True)
    )
    again.publish()
    assert rows_in(tmp_path, options) == once


def test_a_crash_before_the_new_file_got_its_name_makes_it_again(tmp_path: Path) -> None:
    options = copying.options_of(CSV)
    copying.copy(tmp_path, options, "append", 1, "run")
    before = rows_in(tmp_path, options)
    load, loading = opened(tmp_path, options, generation=2)
    loading.writer().write(copying.batch(2, "left", 0), one_batch())
    journal = Journal(tmp_path / "out", load.load_id)
    noted = journal.generation()
    assert noted is not None
    half = tmp_path / "out" / f".t.csv.{journal.name}.writing"
    half.write_bytes(b"half of a fi")
    journal.note(replace(noted, prepared=half.name))
    loading.publish()
    added = [tuple(row.values()) for row in copying.batch(2, "left", 0).to_pylist()]
    assert rows_in(tmp_path, options) == before + added
    assert not half.exists()


def test_a_part_that_no_note_covers_is_removed_on_resuming(tmp_path: Path) -> None:
    options = copying.options_of(CSV)
    load, loading = opened(tmp_path, options)
    loading.writer().write(copying.batch(1, "left", 0), one_batch())
    journal = Journal(tmp_path / "out", load.load_id)
    parts = journal.parts(1)
    stray = journal.part(1, replace(one_batch(), batches=2), ".csv")
    stray.write_text("9,stray,9\n")
    (parts / "0123.writing").write_text("torn")
    again = FilesSink(options, Context(tmp_path, tmp_path)).open(
        replace(load, run_id="later", resume=True)
    )
    assert len(list(parts.iterdir())) == 1
    again.publish()
    assert len(rows_in(tmp_path, options)) == 50


def test_a_lost_part_is_never_passed_over(tmp_path: Path) -> None:
    options = copying.options_of(CSV)
    load, loading = opened(tmp_path, options)
    loading.writer().write(copying.batch(1, "left", 0), one_batch())
    journal = Journal(tmp_path / "out", load.load_id)
    [part] = journal.parts(1).iterdir()
    part.unlink()
    with pytest.raises(DataUnreadableError, match="parts of share left"):
        loading.publish()
    assert not (tmp_path / "out" / "t.csv").exists()


def test_the_same_batch_written_again_counts_once(tmp_path: Path) -> None:
    options = copying.options_of(PARQUET)
    _, loading = opened(tmp_path, options, "replace")
    writer = loading.writer()
    writer.write(copying.batch(1, "left", 0), one_batch())
    writer.write(copying.batch(1, "left", 0), one_batch())
    assert loading.publish().rows == 50
    assert len(rows_in(tmp_path, options)) == 50


def test_two_loads_add_to_the_same_file(tmp_path: Path) -> None:
    options = copying.options_of(CSV)
    sink = FilesSink(options, Context(tmp_path, tmp_path))
    loadings = [
        sink.open(Load(f"load {at}", "run", 1, "t", copying.COLUMNS, "append"))
        for at in range(3)
    ]
    for at, loading in enumerate(loadings):
        loading.writer().write(copying.batch(at, "left", 0), one_batch())
    for loading in loadings:
        loading.publish()
    assert Counter(row[0] for row in rows_in(tmp_path, options)) == {0: 50, 1: 50, 2: 50}


def test_small_batches_become_large_row_groups(tmp_path: Path) -> None:
    options = copying.options_of(PARQUET)
    copying.copy(tmp_path, options, "replace", 1, "run")
    found = pa.parquet.read_metadata(tmp_path / "out" / "t.parquet")
    assert found.num_row_groups == 1
    assert Counter(rows_in(tmp_path, options)) == expected(range(1, 2))


@pytest.mark.parametrize("stated", [PARQUET, CSV], ids=["parquet", "csv"])
def test_rows_of_another_shape_are_not_added(tmp_path: Path, stated: str) -> None:
    options = copying.options_of(stated)
    copying.copy(tmp_path, options, "append", 1, "run")
    narrow = pa.schema(list(copying.COLUMNS)[:2])
    sink = FilesSink(options, Context(tmp_path, tmp_path))
    load = Load("other", "run", 1, "t", narrow, "append")
    for refusing in (sink.changes, sink.open):
        with pytest.raises(SchemaChangedError):
            refusing(load)


def test_a_csv_file_of_another_program_is_added_to(tmp_path: Path) -> None:
    options = copying.options_of(CSV)
    (tmp_path / "out").mkdir()
    file = tmp_path / "out" / "t.csv"
    file.write_text('"a","b"\n"1","x"')  # without a last new line
    columns = pa.schema([pa.field("a", pa.string()), pa.field("b", pa.string())])
    load = Load("l", "run", 1, "t", columns, "append")
    loading = FilesSink(options, Context(tmp_path, tmp_path)).open(load)
    rows = pa.RecordBatch.from_pylist([{"a": "2", "b": None}], schema=columns)
    loading.writer().write(rows, one_batch())
    loading.publish()
    assert file.read_text() == '"a","b"\n"1","x"\n"2",\n'


@pytest.mark.parametrize(
    ("stated", "stream", "mode", "match"),
    [
        ({"type": "parquet"}, "../t", "append", "outside"),
        ({"type": "parquet"}, "t.csv", "append", "named as csv"),
        ({"type": "parquet"}, "t/", "replace", "in one step"),
        ({"type": "excel"}, "t", "append", "workbook"),
        ({"type": "csv", "header": False}, "t", "append", "header"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything(
    tmp_path: Path, stated: dict[str, JsonValue], stream: str, mode: WriteMode, match: str
) -> None:
    options = copying.options_of(json.dumps(stated))
    load = Load("l", "run", 1, stream, copying.COLUMNS, mode)
    with pytest.raises(OptionsInvalidError, match=match):
        FilesSink(options, Context(tmp_path, tmp_path)).open(load)
    assert list(tmp_path.iterdir()) == []
