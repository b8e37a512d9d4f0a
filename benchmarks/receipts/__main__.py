"""`make receipts`: 10,000 faults in transit, 200 clean runs beside writers, one repair."""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.receipts.faults import Fault
from tools.services import Server, fresh_database, postgres

from benchmarks.receipts import live
from benchmarks.receipts.transit import caught
from benchmarks.report import Figure, Report

_CLEAN_ROWS = 20_000


def main(arguments: Sequence[str]) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small size, for CI")
    quick = parser.parse_args(arguments).quick
    report = Report("receipts")
    _transit(report, 150 if quick else 10_000)
    with postgres() as server:
        with fresh_database(server) as source, fresh_database(server) as target:
            _clean(report, source, target, 4 if quick else 200)
        with fresh_database(server) as source, fresh_database(server) as target:
            _repair(report, source, target, 100_000 if quick else 5_000_000)
    return report.finish(record=not quick)


def _transit(report: Report, count: int) -> None:
    kinds = list(Fault)
    missed: list[str] = []
    for seed in range(count):
        kind = kinds[seed % len(kinds)]
        if not caught(kind, seed):
            missed.append(f"{kind.name} {seed}")
        if seed % 1000 == 999:
            print(f"{seed + 1} faults, {len(missed)} missed", flush=True)
    report.details["missed"] = missed
    report.add(Figure("receipts_faults_caught", count - len(missed), "faults", count))


def _clean(report: Report, source: Server, target: Server, count: int) -> None:
    live.fill(source, _CLEAN_ROWS)
    alarms: list[str] = []
    with tempfile.TemporaryDirectory() as folder, live.writers(source, 2):
        project = Path(folder)
        live.write_project(project, source, target, "reread")
        for run in range(count):
            code, answer = live.landbridge(project, "run", "f")
            if code:
                alarms.append(f"run {run}: {answer.get('failures') or answer.get('error')}")
    report.details["alarms"] = alarms
    figure = Figure("receipts_false_alarms", len(alarms), "of_runs", 0, "at_most")
    report.add(figure)
    report.details["clean_runs"] = count


def _repair(report: Report, source: Server, target: Server, rows: int) -> None:
    live.fill(source, rows)
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        live.write_project(project, source, target, "written")
        code, answer = live.landbridge(project, "run", "f")
        report.check("copy before the repair", passed=code == 0 and live.equal(source, target))
        done = live.damage(target, rows)
        report.check("the target is damaged", passed=not live.equal(source, target))
        began = time.monotonic()
        code, answer = live.landbridge(project, "verify", "f", "--repair")
        secs = time.monotonic() - began
        found = answer["streams"][0]["found"]
        report.check("verify names each damaged row", passed=_names(found, done))
        report.check("equal after the repair", passed=live.equal(source, target))
        code, _ = live.landbridge(project, "verify", "f")
        report.check("a second verify finds nothing", passed=code == 0)
    moved = 100 * (found["reread"] + found["repaired"]) / rows
    report.details["repair"] = {"rows": rows, "found": found, "secs": round(secs, 1)}
    report.add(Figure("repair_rows_written", found["repaired"], "rows", 50, "at_most"))
    report.add(Figure("repair_moved", moved, "%_of_rows", 2, "at_most"))
    report.add(Figure("verify_and_repair", rows / secs, "rows/s"))


def _names(found: dict[str, object], done: live.Damage) -> bool:
    counted = (found["changed"], found["absent"], found["extra"])
    return counted == (done.changed, done.deleted, done.added)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
