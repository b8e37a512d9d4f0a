"""Run a command with servers, or only install what they need.

python -m tools.services run postgres mariadb -- pytest tests/integration
python -m tools.services install postgres mariadb
"""

import argparse
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from types import FrameType

from tools.services.errors import ServiceFailedError, ServiceMissingError
from tools.services.kinds import KINDS
from tools.services.provide import provide
from tools.services.server import serving, variable


def main() -> int:
    """Do what the command line says; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.services", description=__doc__)
    parser.add_argument("action", choices=["run", "install"])
    parser.add_argument("kinds", nargs="+", choices=sorted(KINDS), metavar="KIND")
    before, command = _split(sys.argv[1:])
    asked = parser.parse_args(before)
    if asked.action == "run" and not command:
        parser.error("run needs a command after --")
    try:
        return _run(asked.kinds, command) if asked.action == "run" else _install(asked.kinds)
    except (ServiceMissingError, ServiceFailedError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


def _install(kinds: list[str]) -> int:
    for kind in kinds:
        recipe = KINDS[kind]
        programs = provide(recipe.find, service=recipe.name, packages=recipe.packages)
        print(f"{kind}: {', '.join(str(path) for path in programs.values())}")
    return 0


def _run(kinds: list[str], command: list[str]) -> int:
    signal.signal(signal.SIGTERM, _leave)
    with ExitStack() as servers:
        urls = {
            variable(kind): servers.enter_context(serving(KINDS[kind])).url for kind in kinds
        }
        for name, url in urls.items():
            print(f"{name}={url}", file=sys.stderr)
        return subprocess.run(command, env={**os.environ, **urls}, check=False).returncode


def _leave(signum: int, frame: FrameType | None) -> None:
    del frame
    sys.exit(128 + signum)


if __name__ == "__main__":
    sys.exit(main())
