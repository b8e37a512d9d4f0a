"""`make bench-matching`: proposals against the true mappings of 20 pairs of schemas.

`--half` judges one half alone, `--show` tells every wrong and every missed pair. The held-out
half is not to be shown while the method is changed.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.matching.samples import SchemaPair, all_pairs, read_pair
from benchmarks.matching.split import SEED, Half, halves
from benchmarks.report import Figure, Report
from landbridge.engine.matching.propose import DEFAULT_THRESHOLD, Proposals, propose

PAIRS = Path(__file__).parent / "pairs"
PRECISION = 0.9
_HALVES: tuple[Half, ...] = ("development", "held_out")


@dataclass(slots=True)
class Tally:
    """Proposed and true pairs of a half."""

    right: int = 0
    proposed: int = 0
    true: int = 0
    pairs: dict[str, dict[str, float]] = field(default_factory=dict)

    def add(self, pair: SchemaPair, found: Proposals) -> None:
        """Count the proposals for one pair of schemas."""
        made = {(one.source.name, one.target.name) for one in found.accepted}
        right = len(made & set(pair.truth.items()))
        self.right += right
        self.proposed += len(made)
        self.true += len(pair.truth)
        self.pairs[pair.name] = {
            "right": right,
            "proposed": len(made),
            "true": len(pair.truth),
        }

    @property
    def precision(self) -> float:
        """Share of proposals that are true."""
        return self.right / self.proposed if self.proposed else 0.0

    @property
    def recall(self) -> float:
        """Share of true pairs that are proposed."""
        return self.right / self.true if self.true else 0.0


def main(arguments: Sequence[str]) -> int:
    """Judge the proposals and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=_HALVES, help="judge this half alone")
    parser.add_argument("--show", action="store_true", help="tell wrong and missed pairs")
    parser.add_argument("--empty", action="store_true", help="the targets have no rows yet")
    parser.add_argument("--threshold", type=float, default=DEFAULT_THRESHOLD)
    chosen = parser.parse_args(arguments)
    split = halves([path.stem for path in all_pairs(PAIRS)])
    report = Report("matching")
    report.details = {"threshold": chosen.threshold, "split_seed": SEED}
    for half in _HALVES if chosen.half is None else (chosen.half,):
        paths = [path for path in all_pairs(PAIRS) if split[path.stem] == half]
        true = sum(len(read_pair(path).truth) for path in paths)
        for empty in (True,) if chosen.empty else (False, True):
            tally = _judge([read_pair(path, empty=empty) for path in paths], chosen)
            name = f"{half}_empty_target" if empty else half
            bound = None if empty else PRECISION
            report.add(Figure(f"precision_{name}", round(tally.precision, 4), "ratio", bound))
            report.add(Figure(f"recall_{name}", round(tally.recall, 4), "ratio"))
            report.details[name] = tally.pairs
        report.add(Figure(f"true_pairs_{half}", true, "pairs"))
    whole = chosen.half is None and not chosen.empty
    return report.finish(record=whole and chosen.threshold == DEFAULT_THRESHOLD)


def _judge(pairs: Sequence[SchemaPair], chosen: argparse.Namespace) -> Tally:
    tally = Tally()
    for pair in pairs:
        found = propose(pair.source, pair.target, chosen.threshold)
        tally.add(pair, found)
        if chosen.show:
            _show(pair, found)
    return tally


def _show(pair: SchemaPair, found: Proposals) -> None:
    print(f"{pair.name}: rows joined by {found.joined_by or 'nothing'}")
    proposed = {one.source.name: one for one in (*found.accepted, *found.doubtful)}
    accepted = {one.source.name for one in found.accepted}
    for name, one in proposed.items():
        if name in accepted and pair.truth.get(name) != one.target.name:
            reasons = "; ".join(reason.english for reason in one.evidence)
            print(f"  wrong  {name} -> {one.target.name} {one.score} {reasons}")
    for name, target in pair.truth.items():
        if name not in accepted or proposed[name].target.name != target:
            seen = proposed.get(name)
            instead = f"{seen.target.name} {seen.score}" if seen else "nothing"
            print(f"  missed {name} -> {target} (found {instead})")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
