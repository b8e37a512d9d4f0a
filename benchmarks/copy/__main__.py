"""`make bench-copy`: five routes against native pipes and peers, contents checked."""

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.services import Server, execute, fresh_database, mariadb, postgres

from benchmarks.copy import native, ours, peers, table
from benchmarks.copy.against import Contest, compete
from benchmarks.copy.commands import End
from benchmarks.copy.ours import Route, Timed
from benchmarks.report import Figure, Report

ROWS = 5_000_000
QUICK_ROWS = 50_000
MEMORY_MIB = 512
LONGEST_PEER_SECS = 1200.0


@dataclass(slots=True)
class Bench:
    """Everything a route needs."""

    report: Report
    repeat: int
    folder: Path
    postgres: Server
    mariadb: Server
    with_peers: bool
    longest_peer_secs: float
    contents: dict[str, table.Content] = field(default_factory=dict[str, table.Content])


def main(arguments: Sequence[str]) -> int:
    """Measure the chosen routes and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--routes", nargs="*", choices=list(ROUTES), default=list(ROUTES))
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--peer-secs", type=float, default=LONGEST_PEER_SECS)
    parser.add_argument("--name", default="copy", help="name of the file of results")
    parser.add_argument("--quick", action="store_true", help="a small size, for CI")
    chosen = parser.parse_args(arguments)
    rows = QUICK_ROWS if chosen.quick else chosen.rows
    report = Report(chosen.name)
    report.details |= {"rows": rows, "columns": len(table.COLUMNS), "repeat": chosen.repeat}
    with (
        postgres(settings={"max_wal_size": "8GB", "shared_buffers": "1GB"}) as server,
        mariadb() as other,
        fresh_database(server) as first,
        fresh_database(other) as second,
        tempfile.TemporaryDirectory(prefix="landbridge-bench-") as folder,
    ):
        bench = Bench(
            report,
            1 if chosen.quick else chosen.repeat,
            Path(folder),
            first,
            second,
            not (chosen.no_peers or chosen.quick),
            chosen.peer_secs,
        )
        table.fill(first, "orders", rows)
        bench.contents["orders"] = table.content(first, "orders")
        _connect(bench)
        ours.warm_up()
        for name in chosen.routes:
            ROUTES[name](bench)
    return report.finish(record=not chosen.quick)


def _connect(bench: Bench) -> None:
    files = {"connector": "files", "options": {"path": "files"}}
    (bench.folder / "files").mkdir()
    connections = {
        "postgres": ours.server_connection(bench.postgres),
        "mariadb": ours.server_connection(bench.mariadb),
        "files": files,
    }
    ours.write_project(bench.folder, connections)


def _postgres_to_postgres(bench: Bench) -> None:
    server = bench.postgres
    route = Route("postgres", "public.orders", "postgres", "copied")
    pipe = native.postgres_to_postgres(server)

    def rival() -> Timed:
        table.create(server, "native")
        table.settle(server)
        return ours.shell(pipe)

    def own(receipts: str = "written") -> Timed:
        return _own(bench, server, Route(*_ends(route), receipts=receipts))

    _compare(bench, "postgres_to_postgres", (rival, 0.85), own, server)
    _cost(bench, own)
    _against_peers(bench, "postgres_to_postgres", (server, server), "orders")


def _postgres_to_mariadb(bench: Bench) -> None:
    pipe = native.postgres_to_mariadb(bench.postgres, bench.mariadb)
    route = Route("postgres", "public.orders", "mariadb", "copied")

    def rival() -> Timed:
        table.create(bench.mariadb, "native")
        return ours.shell(pipe)

    _compare(
        bench,
        "postgres_to_mariadb",
        (rival, 0.7),
        lambda: _own(bench, bench.mariadb, route),
        bench.mariadb,
    )
    _against_peers(bench, "postgres_to_mariadb", (bench.postgres, bench.mariadb), "orders")


def _mariadb_to_postgres(bench: Bench) -> None:
    table.create(bench.mariadb, "native")
    ours.shell(native.postgres_to_mariadb(bench.postgres, bench.mariadb))
    execute(bench.mariadb, "DROP TABLE IF EXISTS orders_m", "RENAME TABLE native TO orders_m")
    server = bench.postgres
    pipe = native.mariadb_to_postgres(bench.mariadb, server)
    route = Route("mariadb", "orders_m", "postgres", "copied")

    def rival() -> Timed:
        table.create(server, "native", plain=True)
        table.settle(server)
        return ours.shell(pipe)

    def own() -> Timed:
        return _own(bench, server, route, plain=True)

    _compare(bench, "mariadb_to_postgres", (rival, 0.9), own, server)
    _against_peers(bench, "mariadb_to_postgres", (bench.mariadb, server), "orders_m")


def _csv_to_postgres(bench: Bench) -> None:
    server, file = bench.postgres, bench.folder / "files" / "orders.csv"
    table.export_csv(server, "orders", file)
    _declare_csv(bench)
    pipe = native.csv_to_postgres(file, server)
    route = Route("csv", "orders.csv", "postgres", "copied")

    def rival() -> Timed:
        table.create(server, "native")
        table.settle(server)
        return ours.shell(pipe)

    _compare(bench, "csv_to_postgres", (rival, 1.0), lambda: _own(bench, server, route), server)
    _against_peers(bench, "csv_to_postgres", (file, server))
    file.unlink()


_CSV_TYPES = {
    "id": "int64", "customer_id": "int32", "quantity": "int16", "amount": "decimal(12,2)",
    "created": "timestamp", "updated": "timestamp_tz", "due": "date", "paid": "bool",
    "token": "uuid", "attrs": "json", "score": "float64", "discount": "decimal(12,2)",
}  # fmt: skip


def _declare_csv(bench: Bench) -> None:
    options = {"path": "files", "format": {"type": "csv", "columns": _CSV_TYPES}}
    ours.write_project(bench.folder, {"csv": {"connector": "files", "options": options}})


def _postgres_to_parquet(bench: Bench) -> None:
    peer = peers.install("duckdb")
    if peer.missing:
        bench.report.missing["duckdb"] = peer.missing
        return
    files = bench.folder / "files"
    rival_file, own_file = files / "native.parquet", files / "copied.parquet"
    command = native.duckdb_to_parquet(peer.bin / "python", bench.postgres, rival_file)
    route = Route("postgres", "public.orders", "files", "copied.parquet", "replace")

    def rival() -> Timed:
        rival_file.unlink(missing_ok=True)
        return ours.shell(command)

    def own() -> Timed:
        own_file.unlink(missing_ok=True)
        return ours.copy(bench.folder, route)

    _ratio(bench, "postgres_to_parquet", (rival, 0.8), own)
    bench.report.check("postgres_to_parquet", passed=_same_parquet(bench, own_file))
    _against_peers(bench, "postgres_to_parquet", (bench.postgres, files), "orders")


def _same_parquet(bench: Bench, file: Path) -> bool:
    """Copy the file back into PostgreSQL, and let the database judge."""
    table.create(bench.postgres, "copied")
    ours.copy(bench.folder, Route("files", file.name, "postgres", "copied"))
    return table.content(bench.postgres, "copied") == bench.contents["orders"]


def _ends(route: Route) -> tuple[str, str, str, str]:
    return route.source, route.stream, route.target, route.into


def _own(bench: Bench, target: Server, route: Route, *, plain: bool = False) -> Timed:
    # The same table with the same primary key as the native pipe writes.
    table.create(target, "copied", plain=plain)
    table.settle(target)
    return ours.copy(bench.folder, route)


def _compare(
    bench: Bench,
    name: str,
    rival: tuple[Callable[[], Timed], float],
    own: Callable[[], Timed],
    target: Server,
) -> None:
    _ratio(bench, name, rival, own)
    wanted = bench.contents["orders"]
    for who in ("native", "copied"):
        passed = table.content(target, who) == wanted
        bench.report.check(f"{name} {who}", passed=passed)


def _ratio(
    bench: Bench,
    name: str,
    rival: tuple[Callable[[], Timed], float],
    own: Callable[[], Timed],
) -> None:
    """Run both by turns and report the ratio of their medians."""
    theirs: list[float] = []
    mine: list[Timed] = []
    for _ in range(bench.repeat):
        theirs.append(rival[0]().secs)
        mine.append(own())
    secs = statistics.median(one.secs for one in mine)
    native_secs = statistics.median(theirs)
    rows = int(str(bench.report.details["rows"]))
    bench.report.details[name] = {
        "native_secs": theirs,
        "secs": [one.secs for one in mine],
        "cpu_secs": [one.cpu_secs for one in mine],
        "load_average": os.getloadavg()[0],
    }
    bench.report.add(Figure(f"{name}_ratio", native_secs / secs, "x_native", rival[1]))
    bench.report.add(Figure(f"{name}_speed", rows / secs, "rows/s"))
    memory = max(one.memory_mib for one in mine)
    bench.report.add(Figure(f"{name}_memory", memory, "MiB", MEMORY_MIB, "at_most"))


def _cost(bench: Bench, own: Callable[[str], Timed]) -> None:
    """What ledger and receipts cost, receipts on and off by turns."""
    without: list[Timed] = []
    written: list[Timed] = []
    for _ in range(bench.repeat):
        without.append(own("off"))
        written.append(own("written"))
    quick = statistics.median(one.secs for one in without)
    cost = 100 * (1 - quick / statistics.median(one.secs for one in written))
    bench.report.add(Figure("receipts_cost", cost, "%_of_speed", 10, "at_most"))
    least = statistics.median(one.cpu_secs for one in without)
    extra = statistics.median(one.cpu_secs for one in written) - least
    bench.report.add(Figure("receipts_cpu", extra, "s"))


def _against_peers(bench: Bench, name: str, ends: tuple[End, End], stream: str = "") -> None:
    if not bench.with_peers:
        return
    found = bench.report.details[name]
    assert isinstance(found, dict)
    contest = Contest(
        bench.report, bench.folder, bench.contents["orders"], bench.longest_peer_secs
    )
    compete(contest, name, ends, stream, statistics.median(found["secs"]))


ROUTES: dict[str, Callable[[Bench], None]] = {
    "postgres_to_postgres": _postgres_to_postgres,
    "postgres_to_mariadb": _postgres_to_mariadb,
    "mariadb_to_postgres": _mariadb_to_postgres,
    "csv_to_postgres": _csv_to_postgres,
    "postgres_to_parquet": _postgres_to_parquet,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
