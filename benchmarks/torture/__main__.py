"""`make torture`: every type over every pair; `--from`, `--to` and `--quick` choose fewer."""

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tools.services import mariadb, postgres

from benchmarks.report import Figure, Report
from benchmarks.torture.cases import CASES
from benchmarks.torture.matrix import page
from benchmarks.torture.pairs import Key, tried
from benchmarks.torture.trial import Outcome

PAGE = Path(__file__).parents[2] / "docs" / "type_matrix.md"
TARGETS = tuple(name for name in CASES if name != "http")
EMBEDDED = ("sqlite", "duckdb", "parquet")


def main(arguments: Sequence[str]) -> int:
    """Try every pair, write the page, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="sources", nargs="*", help="only these sources")
    parser.add_argument("--to", dest="targets", nargs="*", help="only these targets")
    parser.add_argument("--quick", action="store_true", help="embedded systems only")
    chosen = parser.parse_args(arguments)
    report = Report("torture")
    sources = EMBEDDED if chosen.quick else chosen.sources or list(CASES)
    targets = EMBEDDED if chosen.quick else chosen.targets or list(TARGETS)
    with postgres() as reads, mariadb() as other:
        # Another process knows only where they are, and does not stop them.
        servers = replace(reads, life=None), replace(other, life=None)
        cells = tried(servers, sources, targets)
    _tell(report, cells)
    whole = set(sources) == set(CASES) and set(targets) == set(TARGETS)
    if whole:
        PAGE.write_text(page(cells, list(targets)), encoding="utf-8")
    return report.finish(record=whole)


def _tell(report: Report, cells: Mapping[Key, Outcome]) -> None:
    verdicts = Counter(outcome.verdict for outcome in cells.values())
    for key, outcome in cells.items():
        report.check(" ".join(key), passed=outcome.verdict != "wrong")
    report.details["verdicts"] = verdicts
    report.details["wrong"] = {
        " ".join(key): outcome.reason
        for key, outcome in cells.items()
        if outcome.verdict == "wrong"
    }
    wrong = Figure("torture_silent_losses", verdicts["wrong"], "cells", 0, "at_most")
    report.add(wrong)
    report.add(Figure("torture_cells_equal", verdicts["equal"], "cells"))
    report.add(Figure("torture_cells", len(cells), "cells"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
