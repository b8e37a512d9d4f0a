"""A route copied by every peer, each judged by what it wrote."""

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.services import Server, execute

from benchmarks.copy import commands, judge, peers, table
from benchmarks.copy.commands import End, Job
from benchmarks.copy.watch import PeerFailedError, PeerLateError, run
from benchmarks.report import Figure, Report

_WANTED = 2
_TIME_OF_OURS = 4
_LEAST_SECS = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one peer went on one route.

    Attributes:
        secs: Wall clock, when it finished.
        memory_mib: Greatest resident memory of its process.
        rows: Rows that it wrote.
        right: Whether every value is right.
        reason: Why it does not count.
        late: Whether it was ended for taking too long.
    """

    secs: float | None = None
    memory_mib: float | None = None
    rows: int | None = None
    right: bool = False
    reason: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class Contest:
    """What peers are measured against.

    Attributes:
        report: Where it is told.
        folder: For what peers leave.
        wanted: What the source holds.
        longest_secs: When a peer is ended.
    """

    report: Report
    folder: Path
    wanted: table.Content
    longest_secs: float


def compete(
    contest: Contest, route: str, ends: tuple[End, End], stream: str, own_secs: float
) -> None:
    """Run every peer on a route and report the fastest that wrote what it should.

    A peer is ended after four times our own time (at least a minute), or after the longest
    time that the contest allows. When none finishes, what is known is a least ratio.

    Args:
        contest: What they are measured against.
        route: Name of the route.
        ends: Its source and its target.
        stream: The source's table, when it is a server.
        own_secs: Our own time for the same.
    """
    outcomes: dict[str, Outcome] = {}
    longest = min(contest.longest_secs, max(_LEAST_SECS, _TIME_OF_OURS * own_secs))
    for name in commands.PEERS:
        home = contest.folder / f"{name}-{route}"
        home.mkdir()
        source, target = ends
        job = Job(source, home / "files" if isinstance(target, Path) else target, stream, home)
        outcomes[name] = _one(contest, name, job, longest)
        _tell(contest.report, f"{route}_{name}", outcomes[name])
        shutil.rmtree(home)
    found: dict[str, object] = {name: asdict(one) for name, one in outcomes.items()}
    contest.report.details[f"{route}_peers"] = {"longest_secs": longest, **found}
    fastest = _fastest(outcomes)
    if fastest:
        name, secs = fastest
        figure = Figure(f"{route}_against_{name}", secs / own_secs, "x_peer", _WANTED)
        contest.report.add(figure)
    elif any(one.late for one in outcomes.values()):
        least = Figure(f"{route}_against_unfinished", longest / own_secs, "x_peer", _WANTED)
        contest.report.add(least)
    else:
        contest.report.missing[f"{route}: all peers"] = "none wrote what it should in time"


def _fastest(outcomes: Mapping[str, Outcome]) -> tuple[str, float] | None:
    right = [
        (one.secs, name) for name, one in outcomes.items() if one.right and one.secs is not None
    ]
    if not right:
        return None
    secs, name = min(right)
    return name, secs


def _tell(report: Report, name: str, outcome: Outcome) -> None:
    if outcome.reason:
        report.missing[name] = outcome.reason
        print(f"{name} {outcome.reason}", flush=True)
    if outcome.right and outcome.secs is not None:
        report.add(Figure(name, outcome.secs, "s"))
        report.add(Figure(f"{name}_memory", outcome.memory_mib or 0.0, "MiB"))


def _one(contest: Contest, name: str, job: Job, longest: float) -> Outcome:
    peer = peers.install(name)
    if peer.missing:
        return Outcome(reason=f"not installed: {peer.missing}")
    contest.report.details[f"{name}_packages"] = peer.versions
    _clear(name, job)
    if isinstance(job.target, Path):
        job.target.mkdir()
    else:
        table.settle(job.target)
    try:
        timed = run(commands.PEERS[name](peer, job), job.folder, longest)
    except (PeerFailedError, OSError) as error:
        _clear(name, job)
        return Outcome(reason=str(error), late=isinstance(error, PeerLateError))
    try:
        wrote = _content(name, job)
    except judge.UNREADABLE as error:
        reason = f"what it wrote cannot be judged: {str(error).splitlines()[0][:200]}"
        return Outcome(timed.secs, timed.memory_mib, reason=reason)
    finally:
        _clear(name, job)
    right = wrote == contest.wanted
    reason = "" if right else _difference(wrote, contest.wanted)
    return Outcome(timed.secs, timed.memory_mib, wrote[0], right, reason)


def _difference(wrote: table.Content, wanted: table.Content) -> str:
    if wrote[0] != wanted[0]:
        return f"wrote {wrote[0]} rows of {wanted[0]}"
    return "wrote all rows, some values wrong"


def _content(name: str, job: Job) -> table.Content:
    if isinstance(job.target, Path):
        return judge.in_parquet(job.target)
    return judge.in_server(job.target, commands.written(name, job))


def _clear(name: str, job: Job) -> None:
    """Drop what a peer wrote, whole or in part."""
    if isinstance(job.target, Server):
        statements = [f"DROP TABLE IF EXISTS {name}_orders"]
        if job.target.scheme == "postgresql":
            statements.append("DROP SCHEMA IF EXISTS dlt CASCADE")
        else:
            metadata = ("_dlt_loads", "_dlt_pipeline_state", "_dlt_version")
            statements += [f"DROP TABLE IF EXISTS {one}" for one in metadata]
        execute(job.target, *statements)
