"""PostgreSQL."""

import re
import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from typing_extensions import override

from tools.services.provide import Programs, programs_in
from tools.services.server import PASSWORD, USER, Place, Recipe, Server, Settings, serving

_DEBIAN = Path("/usr/lib/postgresql")
# Logical decoding and many short clients are what our suites need of every server.
_ALWAYS: Settings = {"wal_level": "logical", "max_connections": 200}
# Commits still reach the operating system, so SIGKILL of the server loses none.
_FAST: Settings = {"fsync": "off", "full_page_writes": "off"}
_STATUS_LINE = 7


@dataclass(frozen=True, slots=True)
class PostgresRecipe(Recipe):
    """How to run PostgreSQL.

    Attributes:
        durable: Whether what is committed survives a crash of the machine.
        settings: Further server settings, by name.
    """

    durable: bool = False
    settings: Settings = field(default_factory=dict[str, str | int])

    @property
    @override
    def name(self) -> str:
        return "postgres"

    @property
    @override
    def scheme(self) -> str:
        return "postgresql"

    @property
    @override
    def owner(self) -> str:
        return "postgres"

    @property
    @override
    def packages(self) -> Sequence[str]:
        return ("postgresql",)

    @property
    @override
    def database(self) -> str:
        return "postgres"

    @property
    @override
    def stop_signal(self) -> signal.Signals:
        return signal.SIGINT

    @override
    def find(self) -> Programs | None:
        folders = sorted(_DEBIAN.glob("*/bin"), key=_version, reverse=True)
        return programs_in(folders, ("initdb", "postgres"))

    @override
    def prepare(self, place: Place) -> Sequence[Sequence[str]]:
        secret = place.home / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        locale = "C.UTF-8" if sys.platform == "linux" else "C"
        return [
            [
                place.program("initdb"),
                f"--pgdata={place.data}",
                f"--username={USER}",
                f"--pwfile={secret}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                f"--locale={locale}",
                "--no-sync",
                "--no-instructions",
            ]
        ]

    @override
    def command(self, place: Place) -> Sequence[str]:
        settings: dict[str, str | int] = {
            "listen_addresses": "127.0.0.1",
            "port": place.port,
            "unix_socket_directories": str(place.home),
            **_ALWAYS,
            **({} if self.durable else _FAST),
            **self.settings,
        }
        flags = [flag for name, value in settings.items() for flag in ("-c", f"{name}={value}")]
        return [place.program("postgres"), "-D", str(place.data), *flags]

    @override
    def ready(self, place: Place, pid: int) -> bool:
        try:
            lines = (place.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        return (
            len(lines) > _STATUS_LINE
            and lines[0] == str(pid)
            and lines[_STATUS_LINE].strip() == "ready"
        )


def _version(folder: Path) -> int:
    found = re.search(r"\d+", folder.parent.name)
    return int(found.group()) if found else 0


@contextmanager
def postgres(
    *, durable: bool = False, settings: Settings | None = None, own: bool = False
) -> Generator[Server]:
    """Bring up PostgreSQL with the superuser `landbridge`; end it on leaving.

    Args:
        durable: Keep `fsync` and full page writes; off is faster, and survives SIGKILL of the
            server but not of the machine.
        settings: Further server settings, such as `{"shared_buffers": "1GB"}`.
        own: Start a server even where `LANDBRIDGE_TEST_POSTGRES_URL` names one.

    Raises:
        ServiceMissingError: It is not installed and cannot be.
        ServiceFailedError: It is installed and did not come up.
    """
    with serving(PostgresRecipe(durable, dict(settings or {})), own=own) as server:
        yield server
