"""What is told of a run, and kept: the page, and the file of results.

A run of some sources renews their part of the page and of the results; what is there of the
other sources stays, and the results say from which run.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import RESULTS, Figure, Report
from benchmarks.torture.cases import CASES
from benchmarks.torture.matrix import page, renewed, verdicts
from benchmarks.torture.pairs import Key
from benchmarks.torture.trial import Outcome

PAGE = Path(__file__).parents[2] / "docs" / "type_matrix.md"


def tell(report: Report, cells: Mapping[Key, Outcome], *, renew: bool) -> None:
    """Add checks and figures to the report.

    Args:
        report: The report of the run.
        cells: What came of each trial.
        renew: Every target was tried: renew the page, and tell of the whole of it.
    """
    targets = list(dict.fromkeys(target for _, _, target in cells))
    text = page(cells, targets)
    checks = {" ".join(key): outcome.verdict != "wrong" for key, outcome in cells.items()}
    if renew:
        sources = {source for source, _, _ in cells}
        others = [source for source in CASES if source not in sources]
        if others:
            text = renewed(PAGE.read_text(encoding="utf-8"), text, list(CASES))
            checks |= _kept(report, others)
        PAGE.write_text(text, encoding="utf-8")
    for name, passed in checks.items():
        report.check(name, passed=passed)
    report.details["wrong"] = {
        " ".join(key): outcome.reason
        for key, outcome in cells.items()
        if outcome.verdict == "wrong"
    }
    _figures(report, verdicts(text))


def _kept(report: Report, sources: Sequence[str]) -> Mapping[str, bool]:
    recorded: Mapping[str, Any] = json.loads((RESULTS / "torture.json").read_text())
    checks: Mapping[str, bool] = recorded["checks"]
    found = {name.split()[0] for name in checks}
    report.details["kept"] = {
        "sources": [source for source in sources if source in found],
        "at": recorded["at"],
        "commit": recorded["versions"]["commit"],
        "before": recorded["details"].get("kept"),
    }
    return {name: ok for name, ok in checks.items() if name.split()[0] in sources}


def _figures(report: Report, found: Counter[str]) -> None:
    report.details["verdicts"] = found
    report.add(Figure("torture_silent_losses", found["wrong"], "cells", 0, "at_most"))
    report.add(Figure("torture_cells_equal", found["equal"], "cells"))
    report.add(Figure("torture_cells", found.total(), "cells"))
