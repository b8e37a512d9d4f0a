"""The field's tools, each in an environment of its own under `.bench/`.

Sling and ingestr are the newest versions whose program comes with the package: later ones
download it from elsewhere when they first run.
"""

import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.services import Server

_ANSWERS = {
    "dlt": ("python", "-c", "import dlt, connectorx, psycopg"),
    "sling": ("python", "-c", "import sling_linux_amd64"),
    "ingestr": ("ingestr", "--version"),
    "duckdb": ("python", "-c", "import duckdb, duckdb_extensions"),
}
FOLDER = Path(__file__).parents[2] / ".bench"
_PACKAGES = {
    "dlt": (
        "dlt[postgres,duckdb,parquet]",
        "connectorx",
        "pyarrow",
        "sqlalchemy",
        "pymysql",
        "psycopg2-binary",
        "psycopg[binary]",
    ),
    "sling": ("sling==1.4.11", "sling-linux-amd64==1.4.11"),
    "ingestr": ("ingestr<1",),
    "duckdb": ("duckdb==1.5.5", "duckdb-extension-postgres-scanner==1.5.5"),
}


@dataclass(frozen=True, slots=True)
class Peer:
    """An installed peer, or why it is missing."""

    name: str
    bin: Path
    missing: str = ""


def install(name: str) -> Peer:
    """Install a peer unless it is there; one that does not run is told, never hidden."""
    home = FOLDER / name
    peer = Peer(name, home / "bin")
    if (home / "ready").exists():
        return peer
    commands = (
        [sys.executable, "-m", "venv", "--clear", str(home)],
        [str(home / "bin/python"), "-m", "pip", "install", "-q", *_PACKAGES[name]],
        [str(home / "bin" / _ANSWERS[name][0]), *_ANSWERS[name][1:]],
    )
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            return Peer(name, home / "bin", reason[:200])
    (home / "ready").touch()
    return peer


def dlt_copy(peer: Peer, source: Server, target: Server, table: str) -> str:
    """Return the command of dlt's fastest backend: ConnectorX through Parquet files."""
    code = (
        "import dlt\n"
        "from dlt.sources.sql_database import sql_table\n"
        f"t = sql_table({_sqlalchemy(source)!r}, table={table!r}, backend='connectorx', "
        "reflection_level='full_with_precision', backend_kwargs={'return_type': 'arrow'})\n"
        f"d = dlt.destinations.postgres({target.url!r})\n"
        "p = dlt.pipeline('bench', destination=d, dataset_name='dlt', dev_mode=True)\n"
        "p.run(t, write_disposition='replace', loader_file_format='csv')\n"
    )
    return f"{peer.bin / 'python'} -c {shlex.quote(code)}"


def sling_copy(peer: Peer, source: Server, target: Server, table: str) -> str:
    """Return Sling's command."""
    ends = f"SOURCE={shlex.quote(_sling(source))} TARGET={shlex.quote(_sling(target))}"
    # The package's own start looks for a download; the program itself needs none.
    found = peer.bin.parent.glob("lib/*/site-packages/sling_linux_amd64/bin/sling-linux-amd64")
    program = f"{next(found, 'sling')} run --src-conn SOURCE --tgt-conn TARGET"
    streams = f"--src-stream {_from(source, table)} --tgt-object {_into(target, 'sling')}"
    return f"{ends} {program} {streams}"


def ingestr_copy(peer: Peer, source: Server, target: Server, table: str) -> str:
    """Return ingestr's command."""
    return (
        f"{peer.bin / 'ingestr'} ingest --yes --source-uri {shlex.quote(_ingestr(source))} "
        f"--source-table {_from(source, table)} --dest-uri {shlex.quote(_ingestr(target))} "
        f"--dest-table {_into(target, 'ingestr')}"
    )


def _from(server: Server, table: str) -> str:
    return f"public.{table}" if server.scheme == "postgresql" else f"{server.database}.{table}"


def _into(server: Server, name: str) -> str:
    schema = "public" if server.scheme == "postgresql" else server.database
    return f"{schema}.{name}_orders"


def _sqlalchemy(server: Server) -> str:
    return server.url if server.scheme == "postgresql" else _mysql(server, "mysql+pymysql")


def _sling(server: Server) -> str:
    return f"{server.url}?sslmode=disable" if server.scheme == "postgresql" else _mysql(server)


def _ingestr(server: Server) -> str:
    return server.url if server.scheme == "postgresql" else _mysql(server)


def _mysql(server: Server, driver: str = "mysql") -> str:
    place = f"{server.host}:{server.port}/{server.database}"
    return f"{driver}://{server.user}:{server.password}@{place}"
