"""`make torture`: every type over every pair; `--from`, `--to` and `--quick` choose fewer."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

from tools.services import mariadb, postgres

from benchmarks.report import Report
from benchmarks.torture.cases import CASES
from benchmarks.torture.pairs import tried
from benchmarks.torture.record import tell

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
    recorded = set(targets) == set(TARGETS)
    tell(report, cells, renew=recorded)
    return report.finish(record=recorded)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
