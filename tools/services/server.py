"""A running server, and how any kind of server is brought up."""

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

from tools.services.errors import ServiceFailedError, ServiceForeignError
from tools.services.process import ServerProcess, account, give, run_as, until
from tools.services.provide import Programs, provide

USER = "landbridge"
PASSWORD = "landbridge-test"  # noqa: S105  a throw-away server on the loopback address
_READY_SECS = 90
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where one server lives.

    Attributes:
        home: Its own folder; `home/data` is its data directory.
        port: Its port on the loopback address.
        programs: Its programs by name.
    """

    home: Path
    port: int
    programs: Programs

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.home / "data"

    def program(self, name: str) -> str:
        """Return the path of a program the recipe asked for."""
        return str(self.programs[name])


class Recipe(Protocol):
    """What one kind of server needs; the rest is the same for all."""

    @property
    def name(self) -> str:
        """The kind, such as `postgres`."""
        ...

    @property
    def scheme(self) -> str:
        """The scheme of its addresses."""
        ...

    @property
    def owner(self) -> str:
        """The account that runs it when we are root."""
        ...

    @property
    def packages(self) -> Sequence[str]:
        """The Debian packages that hold it."""
        ...

    @property
    def database(self) -> str:
        """The database that exists from the start."""
        ...

    @property
    def stop_signal(self) -> signal.Signals:
        """The signal that ends it cleanly."""
        ...

    def find(self) -> Programs | None:
        """Return its programs if they are installed."""
        ...

    def prepare(self, place: Place) -> Sequence[Sequence[str]]:
        """Write what it needs into `place.home`; return commands to run once, in order."""
        ...

    def command(self, place: Place) -> Sequence[str]:
        """Return the command that is the server, staying in the foreground."""
        ...

    def ready(self, place: Place, pid: int) -> bool:
        """Return whether process `pid` takes connections."""
        ...


class _Life:
    """The one mutable part of a server: which process it is just now."""

    def __init__(self, recipe: Recipe, place: Place, owner: str | None) -> None:
        self.place = place
        self._recipe = recipe
        self._owner = owner
        self._process: ServerProcess | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise ServiceFailedError(f"{self._recipe.name} was never started")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    def start(self) -> None:
        if self.running:
            return
        process = ServerProcess(
            self._recipe.command(self.place), owner=self._owner, home=self.place.home
        )
        self._process = process
        until(
            lambda: not process.running or self._recipe.ready(self.place, process.pid),
            secs=_READY_SECS,
        )
        if not process.running or not self._recipe.ready(self.place, process.pid):
            process.kill()
            raise ServiceFailedError(f"{self._recipe.name} did not start:\n{process.log()}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop(self._recipe.stop_signal)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers, and the address of one database on it.

    `pid`, `kill`, `stop` and `start` are for servers started here. One named by the
    environment raises `ServiceForeignError`: it is not ours to stop.
    """

    scheme: str
    host: str
    port: int
    user: str
    password: str
    database: str
    life: _Life | None = None

    @property
    def url(self) -> str:
        """The address with everything a client needs."""
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        return f"{self.scheme}://{login}@{self.host}:{self.port}/{self.database}"

    @property
    def pid(self) -> int:
        """The id of the server process; another one after each `start`."""
        return self._own.pid

    @property
    def running(self) -> bool:
        """Whether the server process is alive; one of the environment's always counts so."""
        return self.life is None or self.life.running

    @property
    def data_dir(self) -> Path:
        """Where the server keeps its data."""
        return self._own.place.data

    @property
    def log(self) -> Path:
        """What the server writes about itself."""
        return self._own.place.home / "server.log"

    def start(self) -> None:
        """Bring it up again on the same port and data; return when it takes connections."""
        self._own.start()

    def stop(self) -> None:
        """Shut it down cleanly. Doing so twice is allowed."""
        self._own.stop()

    def kill(self) -> None:
        """SIGKILL it and every process it forked, then wait until all are gone."""
        self._own.kill()

    def on(self, database: str) -> "Server":
        """Return the same server with the address of another database."""
        return replace(self, database=database)

    @property
    def _own(self) -> _Life:
        if self.life is None:
            raise ServiceForeignError(f"{self.host}:{self.port} was named by the environment")
        return self.life


def variable(name: str) -> str:
    """Return the environment variable that names an existing server of a kind."""
    return f"LANDBRIDGE_TEST_{name.upper()}_URL"


@contextmanager
def serving(recipe: Recipe, *, own: bool = False) -> Generator[Server]:
    """Bring up a server of one kind; end it and remove its files on leaving.

    Args:
        recipe: The kind.
        own: Start a server even where the environment names one; for tests that kill it.

    Raises:
        ServiceMissingError: It is not installed and cannot be.
        ServiceFailedError: It is installed and did not come up.
    """
    address = os.environ.get(variable(recipe.name), "")
    if address and not own:
        yield _named(address)
        return
    programs = provide(recipe.find, service=recipe.name, packages=recipe.packages)
    owner = account(recipe.owner)
    home = Path(tempfile.mkdtemp(prefix=f"landbridge-{recipe.name}-"))
    try:
        give(home, owner)
        life = _first_start(recipe, Place(home, 0, programs), owner)
        try:
            yield Server(
                scheme=recipe.scheme,
                host="127.0.0.1",
                port=life.place.port,
                user=USER,
                password=PASSWORD,
                database=recipe.database,
                life=life,
            )
        finally:
            life.kill()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _first_start(recipe: Recipe, place: Place, owner: str | None) -> _Life:
    for command in recipe.prepare(place):
        run_as(command, owner=owner, cwd=place.home)
    for attempt in range(1, _ATTEMPTS + 1):
        life = _Life(recipe, replace(place, port=_free_port()), owner)
        try:
            life.start()
        except ServiceFailedError:
            if attempt == _ATTEMPTS:  # a port can be taken between our look and its bind
                raise
        else:
            return life
    raise AssertionError


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _named(address: str) -> Server:
    parts = urlsplit(address)
    return Server(
        scheme=parts.scheme,
        host=parts.hostname or "127.0.0.1",
        port=parts.port or 0,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=parts.path.lstrip("/"),
    )


Settings = Mapping[str, str | int]
