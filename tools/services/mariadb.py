"""MariaDB."""

import signal
import socket
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from typing_extensions import override

from tools.services.provide import Programs, programs_in
from tools.services.server import PASSWORD, USER, Place, Recipe, Server, Settings, serving

_ALWAYS: Settings = {
    "character_set_server": "utf8mb4",
    "collation_server": "utf8mb4_unicode_ci",
    "local_infile": "ON",
    "max_allowed_packet": "256M",
    "max_connections": 200,
}
# Commits still reach the operating system, so SIGKILL of the server loses none.
_FAST: Settings = {
    "innodb_flush_log_at_trx_commit": 2,
    "innodb_doublewrite": "OFF",
    "innodb_flush_method": "nosync",
    "sync_binlog": 0,
}
_ACCOUNT = f"""\
CREATE DATABASE IF NOT EXISTS {USER} CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';
GRANT ALL PRIVILEGES ON *.* TO '{USER}'@'%' WITH GRANT OPTION;
"""
_PROTOCOL_BYTE = 4
_PROTOCOL = 10


@dataclass(frozen=True, slots=True)
class MariadbRecipe(Recipe):
    """How to run MariaDB.

    Attributes:
        durable: Whether what is committed survives a crash of the machine.
        settings: Further server variables, by name.
    """

    durable: bool = False
    settings: Settings = field(default_factory=dict[str, str | int])

    @property
    @override
    def name(self) -> str:
        return "mariadb"

    @property
    @override
    def scheme(self) -> str:
        return "mysql"

    @property
    @override
    def owner(self) -> str:
        return "mysql"

    @property
    @override
    def packages(self) -> Sequence[str]:
        return ("mariadb-server",)

    @property
    @override
    def database(self) -> str:
        return USER

    @property
    @override
    def stop_signal(self) -> signal.Signals:
        return signal.SIGTERM

    @override
    def find(self) -> Programs | None:
        return programs_in([Path("/usr/sbin")], ("mariadb-install-db", "mariadbd"))

    @override
    def prepare(self, place: Place) -> Sequence[Sequence[str]]:
        (place.home / "account.sql").write_text(_ACCOUNT, encoding="utf-8")
        return [
            ["mkdir", "-p", str(place.home / "tmp")],
            [
                place.program("mariadb-install-db"),
                "--no-defaults",
                f"--datadir={place.data}",
                f"--tmpdir={place.home / 'tmp'}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                *_flags(_FAST),
            ],
        ]

    @override
    def command(self, place: Place) -> Sequence[str]:
        settings = {**_ALWAYS, **({} if self.durable else _FAST), **self.settings}
        return [
            place.program("mariadbd"),
            "--no-defaults",
            f"--datadir={place.data}",
            f"--tmpdir={place.home / 'tmp'}",
            f"--socket={place.home / 'server.sock'}",
            f"--pid-file={place.home / 'server.pid'}",
            f"--init-file={place.home / 'account.sql'}",
            "--bind-address=127.0.0.1",
            f"--port={place.port}",
            "--skip-name-resolve",
            *_flags(settings),
        ]

    @override
    def ready(self, place: Place, pid: int) -> bool:
        # The greeting comes only once the accounts exist: the first file runs before it.
        try:
            with socket.create_connection(("127.0.0.1", place.port), timeout=5) as client:
                greeting = client.recv(5)
        except OSError:
            return False
        return len(greeting) > _PROTOCOL_BYTE and greeting[_PROTOCOL_BYTE] == _PROTOCOL


def _flags(settings: Settings) -> list[str]:
    return [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]


@contextmanager
def mariadb(
    *, durable: bool = False, settings: Settings | None = None, own: bool = False
) -> Generator[Server]:
    """Bring up MariaDB with the all-powerful user `landbridge`; end it on leaving.

    Args:
        durable: Flush at every commit; off is faster, and survives SIGKILL of the server but
            not of the machine.
        settings: Further variables, such as `{"innodb_buffer_pool_size": "1G"}`.
        own: Start a server even where `LANDBRIDGE_TEST_MARIADB_URL` names one.

    Raises:
        ServiceMissingError: It is not installed and cannot be.
        ServiceFailedError: It is installed and did not come up.
    """
    with serving(MariadbRecipe(durable, dict(settings or {})), own=own) as server:
        yield server
