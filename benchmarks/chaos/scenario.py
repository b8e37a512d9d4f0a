"""One seeded scenario: a copy, what strikes it, and what must be true afterwards."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pymysql
from tools.services import Server

from benchmarks.chaos import systems

MODES = ("append", "append_incremental", "merge", "merge_incremental", "replace", "mirror")
STRIKES = ("kill_process", "kill_target", "kill_source", "cut_target", "cut_source")
ROWS: int = 20_000
_FINISH_SECS = 120
_ATTEMPTS = 12
_PROGRAM = str(Path(sys.executable).with_name("landbridge"))
_GONE = (psycopg.OperationalError, pymysql.err.OperationalError)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What one seed means.

    Attributes:
        seed: The seed.
        mode: One of MODES.
        target: `postgres` or `mariadb`.
        strikes: What strikes, in order, and after how many settled batches.
    """

    seed: int
    mode: str
    target: str
    strikes: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, seed: int) -> "Scenario":
        """Return the scenario of a seed; modes and strikes take turns, moments are random."""
        rng = random.Random(seed)
        mode = MODES[seed % len(MODES)]
        first = STRIKES[(seed // len(MODES)) % len(STRIKES)]
        more = [rng.choice(STRIKES) for _ in range(rng.choice((0, 0, 0, 1, 2)))]
        strikes = tuple((kind, rng.randrange(0, 34)) for kind in (first, *more))
        target = "mariadb" if seed % 4 == 3 else "postgres"
        return cls(seed, mode, target, strikes)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a scenario.

    Attributes:
        struck: Strikes that met a running copy.
        starts: Processes started.
        faults: What is wrong afterwards; empty when all is well.
    """

    struck: int
    starts: int
    faults: tuple[str, ...]


@dataclass(slots=True)
class World:
    """The project and the servers of a scenario."""

    project: Path
    source: Server
    target: Server

    def start(self) -> "subprocess.Popen[str]":
        """Start a run of the flow."""
        return subprocess.Popen(
            [_PROGRAM, "-p", str(self.project), "--json", "run", "f"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def play(scenario: Scenario, world: World) -> Outcome:
    """Play a scenario to its end and judge the target."""
    write_project(scenario, world)
    systems.fill(world.source, ROWS)
    expected = ROWS
    if scenario.mode.endswith("incremental") or scenario.mode == "mirror":
        _undisturbed(world)
        expected = _changes(scenario, world)
    before = systems.ledger(world.target)
    first = 0 if before is None else before.generation
    struck, starts, code = _disturbed(scenario, world, first)
    faults = _judge(world, expected, first)
    if code:
        faults.insert(0, f"the last run ended with {code}")
    return Outcome(struck, starts, tuple(faults))


def _changes(scenario: Scenario, world: World) -> int:
    """Change the source after a first copy; return the rows that the next one reads."""
    added = ROWS // 2
    if scenario.mode == "merge_incremental":
        changed = systems.change(world.source)
        # A merge reads ties of its last value again: the greatest row was changed or not.
        return changed + (0 if ROWS % 11 == 0 else 1)
    systems.add(world.source, ROWS + 1, ROWS + added)
    if scenario.mode == "mirror":
        return ROWS + added - systems.remove(world.source)
    return added


def write_project(scenario: Scenario, world: World) -> None:
    """Write the documents of a scenario; JSON is YAML."""
    mode = scenario.mode.removesuffix("_incremental")
    node: dict[str, object] = {
        "type": "copy",
        "name": "n",
        "source": {"connection": "source", "streams": [_stream(world.source, "orders")]},
        "target": {"connection": "target", "stream": _stream(world.target, "copied")},
        "write": {"mode": mode},
        "parallel": 2,
        "batch_bytes": 65_536,
    }
    if scenario.mode.endswith("incremental"):
        node["incremental"] = {"cursor": "created"}
    documents: dict[str, dict[str, object]] = {
        "landbridge.yaml": {"kind": "project", "name": "chaos"},
        "connections/source.yaml": _connection("source", world.source),
        "connections/target.yaml": _connection("target", world.target),
        "flows/f.yaml": {"kind": "flow", "name": "f", "nodes": [node]},
    }
    for path, content in documents.items():
        file = world.project / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content))


def _stream(server: Server, table: str) -> str:
    return f"public.{table}" if server.scheme == "postgresql" else table


def _connection(name: str, server: Server) -> dict[str, object]:
    options = {
        "host": server.host,
        "port": server.port,
        "database": server.database,
        "user": server.user,
        "password": server.password,
    }
    connector = "postgres" if server.scheme == "postgresql" else "mysql"
    return {"kind": "connection", "name": name, "connector": connector, "options": options}


def _undisturbed(world: World) -> None:
    process = world.start()
    _, errors = process.communicate(timeout=_FINISH_SECS)
    if process.returncode:
        raise RuntimeError(f"an undisturbed run failed: {errors[-2000:]}")


def _disturbed(scenario: Scenario, world: World, first: int) -> tuple[int, int, int]:
    """Run until the load is published, striking on the way; return strikes, starts, code."""
    pending, struck, starts, code = list(scenario.strikes), 0, 0, 1
    for starts in range(1, _ATTEMPTS + 1):
        process = world.start()
        while pending and _reached(process, world, pending[0][1], first):
            kind, _ = pending.pop(0)
            struck += 1
            _strike(kind, process, world, scenario.seed + struck)
        try:
            process.communicate(timeout=_FINISH_SECS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return struck, starts, -1
        code = process.returncode
        now = systems.ledger(world.target, first)
        if now is not None and now.state == "published":
            # Killed after all was done: to run again would be another copy.
            return struck, starts, 0
    return struck, starts, code


def _reached(process: "subprocess.Popen[str]", world: World, batches: int, first: int) -> bool:
    """Wait until so many batches are settled; False when the run ended first."""
    while process.poll() is None:
        try:
            now = systems.ledger(world.target, first)
        except _GONE:
            now = None
        if now is not None and now.batches >= batches:
            return process.poll() is None
        time.sleep(0.01)
    return False


def _strike(kind: str, process: "subprocess.Popen[str]", world: World, seed: int) -> None:
    rng = random.Random(seed)
    time.sleep(rng.random() * 0.05)
    strikes: dict[str, Callable[[], None]] = {
        "kill_process": process.kill,
        "kill_target": lambda: _bounce(world.target, rng),
        "kill_source": lambda: _bounce(world.source, rng),
        "cut_target": lambda: systems.cut(world.target),
        "cut_source": lambda: systems.cut(world.source),
    }
    strikes[kind]()
    if kind == "kill_process":
        process.wait()


def _bounce(server: Server, rng: random.Random) -> None:
    server.kill()
    time.sleep(rng.random() * 0.5)
    server.start()


def _judge(world: World, expected: int, first: int) -> list[str]:
    faults: list[str] = []
    source, copied = (
        systems.rows_of(server, table)
        for server, table in ((world.source, "orders"), (world.target, "copied"))
    )
    if source != copied:
        twice = len(copied) - len({row[0] for row in copied})
        faults.append(f"{len(source)} rows, {len(copied)} in the target, {twice} twice")
    account = systems.ledger(world.target, first)
    if account is None or not account.balanced:
        faults.append(f"the ledger does not balance: {account}")
    elif account.state != "published" or account.read != expected:
        faults.append(f"the ledger says {account}, {expected} rows were to be read")
    return faults
