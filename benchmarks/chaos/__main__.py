"""`make chaos`: 200 seeded scenarios; `--seeds A-B` and `--quick` choose fewer."""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tools.services import Server, fresh_database, mariadb, postgres

from benchmarks.chaos.scenario import Outcome, Scenario, World, play
from benchmarks.report import Figure, Report

SEEDS = 200
QUICK = 6


def main(arguments: Sequence[str]) -> int:
    """Play the scenarios and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default=f"0-{SEEDS - 1}", help="first and last seed")
    parser.add_argument("--quick", action="store_true", help=f"the first {QUICK} seeds")
    chosen = parser.parse_args(arguments)
    first, _, last = chosen.seeds.partition("-")
    seeds = range(QUICK) if chosen.quick else range(int(first), int(last or first) + 1)
    report = Report("chaos", seeds=list(seeds))
    began = time.monotonic()
    outcomes = list(_outcomes(seeds))
    _tell(report, outcomes, time.monotonic() - began)
    return report.finish(record=not chosen.quick and len(seeds) >= SEEDS)


def _outcomes(seeds: Sequence[int]) -> Iterator[tuple[Scenario, Outcome]]:
    with ExitStack() as stack:
        # Two PostgreSQL servers, so that source and target can be killed apart.
        source, target = (
            stack.enter_context(postgres()),
            stack.enter_context(postgres(own=True)),
        )
        maria = stack.enter_context(mariadb())
        for seed in seeds:
            scenario = Scenario.of(seed)
            server = maria if scenario.target == "mariadb" else target
            with _world(source, server) as world:
                outcome = play(scenario, world)
            strikes = ", ".join(f"{kind}@{at}" for kind, at in scenario.strikes)
            verdict = "; ".join(outcome.faults) or "equal"
            print(
                f"seed {seed}: {scenario.mode} to {scenario.target}, {strikes}: "
                f"{outcome.struck} struck, {outcome.starts} starts: {verdict}",
                flush=True,
            )
            yield scenario, outcome


@contextmanager
def _world(source: Server, target: Server) -> Generator[World]:
    with (
        tempfile.TemporaryDirectory(prefix="landbridge-chaos-") as folder,
        fresh_database(source) as reads,
        fresh_database(target) as writes,
    ):
        yield World(Path(folder), reads, writes)


def _tell(report: Report, outcomes: Sequence[tuple[Scenario, Outcome]], secs: float) -> None:
    for scenario, outcome in outcomes:
        report.check(f"seed {scenario.seed}", passed=not outcome.faults)
    struck = sum(outcome.struck for _, outcome in outcomes)
    good = sum(not outcome.faults for _, outcome in outcomes)
    report.details["by_mode"] = Counter(scenario.mode for scenario, _ in outcomes)
    report.details["by_first_strike"] = Counter(one.strikes[0][0] for one, _ in outcomes)
    report.details["secs"] = round(secs)
    report.add(Figure("chaos_scenarios_equal", good, "scenarios", len(outcomes)))
    report.add(Figure("chaos_strikes_that_met_a_run", struck, "strikes", len(outcomes)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
