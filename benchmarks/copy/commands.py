"""How each peer copies each route, in the fastest set-up that trials found.

See "Peers" in `docs/guide/performance.md` for what was tried.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.services import Server

from benchmarks.copy.peers import Peer
from benchmarks.copy.table import COLUMNS
from benchmarks.copy.watch import Command

End = Server | Path


@dataclass(frozen=True, slots=True)
class Job:
    """What is copied from where to where.

    Attributes:
        source: A server, or a CSV file.
        target: A server, or a folder for Parquet files.
        stream: The source's table, when it is a server.
        folder: For what the peer keeps about its run.
    """

    source: End
    target: End
    stream: str
    folder: Path


def written(peer: str, job: Job) -> str:
    """Return the name of the table that a peer writes on a server."""
    inside = peer == "dlt" and isinstance(job.target, Server)
    apart = inside and isinstance(job.target, Server) and job.target.scheme == "postgresql"
    return "dlt.dlt_orders" if apart else f"{peer}_orders"


_DLT_TABLE = """
from dlt.sources.sql_database import sql_table
t = sql_table({url!r}, table={stream!r}, backend="connectorx", chunk_size=100_000,
    reflection_level="full", backend_kwargs={{"return_type": "arrow_stream"}})
t.apply_hints(table_name="dlt_orders")
"""
_DLT_PLAIN = 't.apply_hints(columns={"attrs": {"data_type": "text"}})\n'
_DLT_CSV = """
import pyarrow as pa, pyarrow.csv as c
money, types = pa.decimal128(12, 2), dict(
    customer_id=pa.int32(), quantity=pa.int16(), created=pa.timestamp("us"),
    updated=pa.timestamp("us", "UTC"), score=pa.float64())
types |= dict(amount=money, discount=money)
options = c.ConvertOptions(strings_can_be_null=True, column_types=types)
@dlt.resource(name="dlt_orders")
def t():
    reader = c.open_csv({file!r}, c.ReadOptions(block_size=1 << 24), convert_options=options)
    for batch in reader:
        yield pa.Table.from_batches([batch])
"""
_DLT_RUN = """
p = dlt.pipeline("bench", destination={target}, dataset_name={dataset!r},
    pipelines_dir={home!r})
p.run(t, write_disposition="replace", loader_file_format="parquet").raise_on_failed_jobs()
"""
_DLT_SETTINGS = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}


def dlt(peer: Peer, job: Job) -> Command:
    """ConnectorX or Arrow's CSV reader, through Parquet files, by ADBC into PostgreSQL."""
    if isinstance(job.source, Server):
        url = _address(job.source, "mysql+pymysql")
        reading = _DLT_TABLE.format(url=url, stream=job.stream)
    else:
        reading = _DLT_CSV.format(file=str(job.source))
    dataset, settings = "dlt", dict(_DLT_SETTINGS)
    if isinstance(job.target, Path):
        target = f"dlt.destinations.filesystem({job.target.as_uri()!r})"
    elif job.target.scheme == "postgresql":
        target = f"dlt.destinations.postgres({job.target.url!r})"
    else:
        target = f"dlt.destinations.sqlalchemy({_address(job.target, 'mysql+pymysql')!r})"
        # JSON would be encoded twice; and it makes a Python list of a whole file.
        reading += _DLT_PLAIN
        dataset = job.target.database
        settings |= {"DATA_WRITER__FILE_MAX_ITEMS": "100000", "LOAD__WORKERS": "2"}
    running = _DLT_RUN.format(target=target, dataset=dataset, home=str(job.folder))
    code = f"import dlt\n{reading}{running}"
    return Command((str(peer.bin / "python"), "-c", code), settings)


def sling(peer: Peer, job: Job) -> Command:
    """Rows go straight into the final table; Parquet by Sling's own writer."""
    # The package's own start looks for a download; the program itself needs none.
    found = peer.bin.parent.glob("lib/*/site-packages/sling_linux_amd64/bin/sling-linux-amd64")
    settings = {
        "SLING_HOME_DIR": str(job.folder),
        "SLING_DISABLE_TELEMETRY": "true",
        "SLING_DIRECT_INSERT": "true",
        "SLING_DUCKDB_COMPUTE": "false",
    }
    arguments = [str(next(found, "sling")), "run", "--mode", "full-refresh"]
    if isinstance(job.source, Server):
        settings["SOURCE"] = _sling(job.source)
        arguments += ["--src-conn", "SOURCE", "--src-stream", _place(job.source, job.stream)]
    else:
        arguments += ["--src-stream", job.source.as_uri()]
    if isinstance(job.target, Server):
        settings["TARGET"] = _sling(job.target)
        name = _place(job.target, written("sling", job))
        arguments += ["--tgt-conn", "TARGET", "--tgt-object", name]
    else:
        arguments += ["--tgt-object", (job.target / "orders.parquet").as_uri()]
    return Command(arguments, settings)


# ingestr writes the bytes of a UUID as text, and a `longtext` as a type that PostgreSQL
# refuses: a query of one's own avoids both.
_INGESTR_CASTS = {
    "postgresql": {"token": "token::text AS token"},
    "mysql": {
        name: f"cast({name} AS char(1000)) AS {name}"
        for name in ("title", "attrs", "note", "amount", "discount")
    },
}
_INGESTR_TYPES = (
    "id:bigint,customer_id:int,quantity:smallint,amount:decimal(12,2),sku:text,title:text,"
    "created:timestamp_ntz,updated:timestamp,due:date,paid:boolean,token:text,attrs:json,"
    "note:text,score:double,region:text,discount:decimal(12,2)"
)


def ingestr(peer: Peer, job: Job) -> Command:
    """Its one way, with the types told where it finds none or wrong ones."""
    arguments = [str(peer.bin / "ingestr"), "ingest", "--yes", "--progress", "log"]
    if isinstance(job.source, Server):
        casts = _INGESTR_CASTS[job.source.scheme]
        names = ", ".join(casts.get(name, name) for name in COLUMNS)
        arguments += ["--source-uri", _address(job.source)]
        arguments += ["--source-table", f"query:SELECT {names} FROM {job.stream}"]
        if job.source.scheme != "postgresql":
            # A query's decimals lose their fractions: they come as texts, with their type told.
            arguments += ["--columns", "amount:decimal(12,2),discount:decimal(12,2)"]
    else:
        arguments += ["--source-uri", f"csv://{job.source}", "--source-table", "orders"]
        arguments += ["--columns", _INGESTR_TYPES]
    if isinstance(job.target, Server):
        name = _place(job.target, written("ingestr", job))
        arguments += ["--dest-uri", _address(job.target), "--dest-table", name]
    else:
        file = job.target / "orders.parquet"
        arguments += ["--dest-uri", f"parquet://{file}", "--dest-table", "public.orders"]
    return Command(arguments, {"TELEMETRY_DISABLED": "true", "DISABLE_TELEMETRY": "true"})


PEERS: dict[str, Callable[[Peer, Job], Command]] = {
    "dlt": dlt,
    "sling": sling,
    "ingestr": ingestr,
}


def _place(server: Server, name: str) -> str:
    return f"public.{name}" if server.scheme == "postgresql" else f"{server.database}.{name}"


def _sling(server: Server) -> str:
    if server.scheme == "postgresql":
        return f"{server.url}?sslmode=disable"
    fields = {
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password": server.password,
        "database": server.database,
    }
    return json.dumps({"type": "mysql", **fields})


def _address(server: Server, driver: str = "mysql") -> str:
    if server.scheme == "postgresql":
        return server.url
    place = f"{server.host}:{server.port}/{server.database}"
    return f"{driver}://{server.user}:{server.password}@{place}"
