"""Trials of every pair, one process for each source."""

import multiprocessing
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tools.services import Server, fresh_database

from benchmarks.torture.cases import CASES
from benchmarks.torture.served import served
from benchmarks.torture.systems import systems
from benchmarks.torture.trial import Outcome, attempt, misread

Key = tuple[str, str, str]
"""Source, case and target."""

_WORKERS = 4


def tried(
    servers: tuple[Server, Server], sources: Sequence[str], targets: Sequence[str]
) -> Mapping[Key, Outcome]:
    """Try each source in a process of its own, with databases of its own."""
    spawn = multiprocessing.get_context("spawn")
    found: dict[Key, Outcome] = {}
    with ProcessPoolExecutor(_WORKERS, spawn) as pool:
        longest = sorted(sources, key=lambda source: -len(CASES[source]))
        jobs = {name: pool.submit(_trials, servers, name, targets) for name in longest}
        for name in sources:
            found |= jobs[name].result()
    return found


def _trials(
    servers: tuple[Server, Server], name: str, targets: Sequence[str]
) -> Mapping[Key, Outcome]:
    with (
        tempfile.TemporaryDirectory() as folder,
        fresh_database(servers[0]) as first,
        fresh_database(servers[0]) as second,
        fresh_database(servers[1]) as third,
        fresh_database(servers[1]) as fourth,
        served() as api,
    ):
        found = systems(Path(folder), (first, second), (third, fourth), api)
        cells: dict[Key, Outcome] = {}
        number = 0
        for case in CASES[name]:
            number += 1
            stream = found[name].make(case, number)
            fault = misread(found[name], stream, case)
            if fault:
                cells |= {(name, case.name, to): Outcome("wrong", fault) for to in targets}
                print(f"{name} {case.name}: {fault}", flush=True)
                continue
            for to in targets:
                number += 1
                outcome = attempt(found[name], found[to], stream, number)
                if outcome.verdict == "wrong":  # told at once: the run takes minutes
                    print(f"{name} {case.name} -> {to}: {outcome.reason}", flush=True)
                cells[name, case.name, to] = outcome
    print(f"{name}: {len(CASES[name])} types tried", flush=True)
    return cells
