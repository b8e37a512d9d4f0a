"""Find the programs of a server, or have Debian install them."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.services.errors import ServiceMissingError

Programs = Mapping[str, Path]
_NO_SERVICES = Path("/usr/sbin/policy-rc.d")


def programs_in(folders: Sequence[Path], names: Sequence[str]) -> Programs | None:
    """Return every one of `names` from the folders and the path, or `None` if one lacks."""
    path = os.pathsep.join([*(str(folder) for folder in folders), os.environ.get("PATH", "")])
    found = {name: shutil.which(name, path=path) for name in names}
    return {name: Path(at) for name, at in found.items() if at} if all(found.values()) else None


def provide(
    find: Callable[[], Programs | None], *, service: str, packages: Sequence[str]
) -> Programs:
    """Return what `find` finds, installing the Debian `packages` first if it must.

    Args:
        find: Looks for the programs, without changing anything.
        service: The name to use in the message.
        packages: What holds the programs. Installed only as root, and no service of
            theirs is left running.

    Raises:
        ServiceMissingError: Nothing is installed and we may not install.
    """
    if found := find():
        return found
    command = f"apt-get install -y --no-install-recommends {' '.join(packages)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise ServiceMissingError(f"no {service} on this machine; run: sudo {command}")
    with _one_at_a_time():
        if found := find():  # another process installed it while we waited
            return found
        with _services_forbidden():
            _apt("update")
            _apt("install", "-y", "--no-install-recommends", *packages)
    if found := find():
        return found
    raise ServiceMissingError(f"{command} did not bring {service}")


def _apt(*arguments: str) -> None:
    done = subprocess.run(
        ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        tail = (done.stdout + done.stderr)[-2000:]
        raise ServiceMissingError(f"apt-get {' '.join(arguments)} failed:\n{tail}")


@contextmanager
def _one_at_a_time() -> Generator[None]:
    lock = Path(tempfile.gettempdir()) / f"landbridge-services-{os.geteuid()}.lock"
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _services_forbidden() -> Generator[None]:
    """Let packages install without starting what they bring; an own policy stays."""
    if _NO_SERVICES.exists():
        yield
        return
    _NO_SERVICES.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
    _NO_SERVICES.chmod(0o755)
    try:
        yield
    finally:
        _NO_SERVICES.unlink(missing_ok=True)
