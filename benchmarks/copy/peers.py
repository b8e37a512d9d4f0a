"""The field's tools, each in an environment of its own under `.bench/`.

Sling and ingestr are the newest versions whose program comes with the package: later ones
download it from elsewhere when they first run.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / ".bench"
_ANSWERS = {
    "dlt": ("python", "-c", "import dlt, connectorx, psycopg, adbc_driver_postgresql"),
    "sling": ("python", "-c", "import sling_linux_amd64"),
    "ingestr": ("ingestr", "--version"),
    "duckdb": ("python", "-c", "import duckdb, duckdb_extension_postgres_scanner"),
}
_PACKAGES = {
    "dlt": (
        "dlt[postgres,parquet]==1.31.0",
        "connectorx==0.4.6",
        "pyarrow==26.0.1",
        "sqlalchemy==2.1.9",
        "pymysql==1.2.4",
        "psycopg[binary]==3.3.9",
        "psycopg2-binary==2.9.13",
        "adbc-driver-manager==1.13.0",
        "adbc-driver-postgresql==1.13.0",
    ),
    "sling": ("sling==1.4.11", "sling-linux-amd64==1.4.11"),
    "ingestr": ("ingestr==0.15.9",),
    "duckdb": ("duckdb==1.5.5", "duckdb-extension-postgres-scanner==1.5.5"),
}


@dataclass(frozen=True, slots=True)
class Peer:
    """An installed peer, or why it is missing."""

    name: str
    bin: Path
    missing: str = ""

    @property
    def versions(self) -> str:
        """The packages that it is made of, as they are pinned."""
        return " ".join(_PACKAGES[self.name])


def install(name: str) -> Peer:
    """Install a peer unless it is there; one that does not run is told, never hidden."""
    home = FOLDER / name
    peer = Peer(name, home / "bin")
    ready = home / "ready"
    if ready.exists() and ready.read_text() == peer.versions:
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
    ready.write_text(peer.versions)
    return peer
