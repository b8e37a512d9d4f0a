"""`make torture`: every type over every pair; `--from`, `--to` and `--quick` choose fewer."""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tools.services import fresh_database, mariadb, postgres

from benchmarks.report import Figure, Report
from benchmarks.torture.cases import CASES
from benchmarks.torture.matrix import page
from benchmarks.torture.systems import System, systems
from benchmarks.torture.trial import Outcome, attempt

PAGE = Path(__file__).parents[2] / "docs" / "type_matrix.md"
EMBEDDED = ("sqlite", "duckdb", "parquet")
Key = tuple[str, str, str]


def main(arguments: Sequence[str]) -> int:
    """Try every pair, write the page, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="sources", nargs="*", help="only these sources")
    parser.add_argument("--to", dest="targets", nargs="*", help="only these targets")
    parser.add_argument("--quick", action="store_true", help="embedded systems only")
    chosen = parser.parse_args(arguments)
    report = Report("torture")
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres() as reads,
        mariadb() as other,
        fresh_database(reads) as first,
        fresh_database(other) as second,
    ):
        found = systems(Path(folder), first, second)
        sources = EMBEDDED if chosen.quick else chosen.sources or list(CASES)
        targets = EMBEDDED if chosen.quick else chosen.targets or list(found)
        cells = dict(_trials(found, sources, targets))
    _tell(report, cells)
    whole = set(sources) == set(CASES) and set(targets) == set(found)
    if whole:
        PAGE.write_text(page(cells, list(targets)), encoding="utf-8")
    return report.finish(record=whole)


def _trials(
    found: Mapping[str, System], sources: Sequence[str], targets: Sequence[str]
) -> Iterator[tuple[Key, Outcome]]:
    number = 0
    for name in sources:
        source = found[name]
        assert source.make is not None
        for case in CASES[name]:
            number += 1
            stream = source.make(case, number)
            for other in targets:
                number += 1
                outcome = attempt(source, found[other], stream, number)
                if outcome.verdict == "wrong":  # told at once: the run takes minutes
                    print(f"{name} {case.name} -> {other}: {outcome.reason}", flush=True)
                yield (name, case.name, other), outcome
        print(f"{name}: {len(CASES[name])} types tried", flush=True)


def _tell(report: Report, cells: dict[Key, Outcome]) -> None:
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
