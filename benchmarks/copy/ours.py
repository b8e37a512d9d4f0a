"""The real command on a real project, with its time and its greatest memory."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.services import Server

_PROGRAM = str(Path(sys.executable).with_name("landbridge"))
_MIB = 1024
_LONGEST_SECS = 1200
_BYTECODE = Path(__file__).parents[2] / ".bench" / "bytecode"

FAILED = subprocess.CalledProcessError


@dataclass(frozen=True, slots=True)
class Timed:
    """How a command went.

    Attributes:
        secs: Wall clock.
        memory_mib: Greatest resident memory of its process, when it was watched.
        cpu_secs: Processor time of its process, when it was watched.
    """

    secs: float
    memory_mib: float = 0.0
    cpu_secs: float = 0.0


def shell(command: str) -> Timed:
    """Time a shell pipe; any part that fails or hangs is an error."""
    began = time.monotonic()
    limited = ["timeout", str(_LONGEST_SECS), "bash", "-o", "pipefail", "-c", command]
    subprocess.run(limited, check=True, stdin=subprocess.DEVNULL)
    return Timed(time.monotonic() - began)


@dataclass(frozen=True, slots=True)
class Route:
    """A copy as documented.

    Attributes:
        source: Name of the connection that is read.
        stream: Its stream.
        target: Name of the connection that is written.
        into: Its stream.
        mode: How it is written.
        receipts: What is hashed.
    """

    source: str
    stream: str
    target: str
    into: str
    mode: str = "append"
    receipts: str = "written"


def write_project(folder: Path, connections: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the project and its connections; JSON is YAML."""
    (folder / "connections").mkdir(parents=True, exist_ok=True)
    (folder / "flows").mkdir(exist_ok=True)
    (folder / "landbridge.yaml").write_text('{"kind": "project", "name": "bench"}')
    for name, content in connections.items():
        document = {"kind": "connection", "name": name, **content}
        (folder / "connections" / f"{name}.yaml").write_text(json.dumps(document))


def server_connection(server: Server) -> Mapping[str, Any]:
    """Return the connection document of a server."""
    options: dict[str, Any] = {
        "host": server.host,
        "port": server.port,
        "database": server.database,
        "user": server.user,
        "password": server.password,
    }
    if server.scheme == "postgresql":
        return {"connector": "postgres", "options": options}
    return {"connector": "mysql", "options": {**options, "booleans": "bool"}}


def copy(folder: Path, route: Route) -> Timed:
    """Run a route from the beginning, watching time and memory.

    Raises:
        RuntimeError: The run failed.
    """
    node = {
        "type": "copy",
        "name": "n",
        "source": {"connection": route.source, "streams": [route.stream]},
        "target": {"connection": route.target, "stream": route.into},
        "write": {"mode": route.mode},
        "receipts": route.receipts,
    }
    flow = {"kind": "flow", "name": "f", "nodes": [node]}
    (folder / "flows" / "f.yaml").write_text(json.dumps(flow))
    used = _cpu()
    began = time.monotonic()
    process = subprocess.Popen(
        [_PROGRAM, "-p", str(folder), "--json", "run", "f", "--fresh"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(),
    )
    greatest = 0.0
    while process.poll() is None:
        greatest = max(greatest, memory_of(process.pid))
        time.sleep(0.05)
    secs = time.monotonic() - began
    answer, errors = process.communicate()
    if process.returncode:
        raise RuntimeError((answer + errors)[-2000:])
    return Timed(secs, greatest, _cpu() - used)


def warm_up() -> None:
    """Compile the program once, as an installer does for the peers' environments."""
    subprocess.run(
        [_PROGRAM, "--help"], check=True, stdout=subprocess.DEVNULL, env=_environment()
    )


def _environment() -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    return {**kept, "PYTHONPYCACHEPREFIX": str(_BYTECODE)}


def _cpu() -> float:
    """Processor time of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def memory_of(pid: int) -> float:
    """Return the greatest resident memory of a process so far, in MiB."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    found = [line for line in lines if line.startswith("VmHWM:")]
    return int(found[0].split()[1]) / _MIB if found else 0.0
