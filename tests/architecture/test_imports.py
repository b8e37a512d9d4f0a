"""The import contract holds, and refuses what it should refuse."""

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
LINT = Path(sys.executable).with_name("lint-imports")
CONTRACT = configparser.ConfigParser()
CONTRACT.read(REPOSITORY / ".importlinter")
LAYERS = [
    re.findall(r"\w+", line)
    for line in CONTRACT["importlinter:contract:layers"]["layers"].split("\n")
    if line
]
# May be asynchronous: the two HTTP skins and the bridge to the workers. Telemetry emits.
COLOURED = {"control", "gateway", "workers"}

# Where, and what is written there. Every one breaks a contract for a reason of its own.
BREACHES = {
    "the core imports upwards": ("kernel", "import landbridge.specs"),
    "the SDK imports the engine": ("sdk", "import landbridge.engine"),
    "documents import Arrow": ("specs", "import pyarrow"),
    "documents open sockets": ("specs", "import socket"),
    "the kernel opens a database": ("kernel", "from sqlite3 import connect"),
    "documents import data": ("specs", "from landbridge.data import below"),
    "a connector imports another": ("connectors/one", "import landbridge.connectors.two"),
    "a connector imports the engine": ("connectors/one", "import landbridge.engine"),
    "a connector imports security": ("connectors/one", "import landbridge.security"),
    "a connector imports the store": ("connectors/one", "import landbridge.store"),
    "the app imports a connector": ("app", "import landbridge.connectors.one"),
    "the command line imports a connector": ("cli", "import landbridge.connectors.one"),
    "the demo imports a connector": ("demo", "import landbridge.connectors.one"),
    "the app imports the test suites": ("app", "import landbridge.testing"),
    "the suites import the engine": ("testing", "import landbridge.engine"),
    "the app imports the demo": ("app", "import landbridge.demo"),
    "the engine imports the store": ("engine", "import landbridge.store"),
    "the store imports the engine": ("store", "from landbridge import engine"),
    "the store opens DuckDB": ("store", "import duckdb"),
    "the SDK opens DuckDB": ("sdk", "import duckdb"),
    "the engine is asynchronous": ("engine", "import asyncio"),
    "a connector is asynchronous": ("connectors/one", "from asyncio import run"),
    "an import hides in a type check": (
        "engine",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import landbridge.store",
    ),
    "an import hides in a function": (
        "security",
        "def late() -> None:\n    import landbridge.app",
    ),
    "an import is written relative": ("data", "from ..sdk import below"),
}


def _lint(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-cache", "--no-logo"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    """Every package the contract draws, each importing one of the layer below it."""
    home = tmp_path / "src" / "landbridge"
    for layer, beneath in zip(LAYERS, [*LAYERS[1:], []], strict=True):
        for package in layer:
            folder = home / package
            folder.mkdir(parents=True)
            (folder / "__init__.py").touch()
            allowed = [name for name in beneath if name not in {"connectors", "testing"}]
            lines = [f"import landbridge.{name}" for name in allowed if package != "control"]
            if package in {"connectors", "testing", "operators"}:
                lines = ["import landbridge.sdk"]
            (folder / "below.py").write_text("\n".join([*lines, ""]))
    for connector in ("one", "two"):
        folder = home / "connectors" / connector
        folder.mkdir()
        (folder / "__init__.py").write_text("import landbridge.sdk\nimport duckdb\n")
    (home / "engine" / "duck.py").write_text("import duckdb\n")
    (home / "__init__.py").touch()
    shutil.copy(REPOSITORY / ".importlinter", tmp_path)
    return tmp_path


def test_the_contract_holds() -> None:
    done = _lint(REPOSITORY)
    assert done.returncode == 0, done.stdout


def test_the_intended_imports_are_allowed(skeleton: Path) -> None:
    done = _lint(skeleton)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_refused(skeleton: Path, breach: str) -> None:
    where, code = BREACHES[breach]
    (skeleton / "src" / "landbridge" / where / "breach.py").write_text(f"{code}\n")

    done = _lint(skeleton)

    assert done.returncode == 1
    assert "BROKEN" in done.stdout, done.stdout + done.stderr


def test_a_package_that_is_not_drawn_is_refused(skeleton: Path) -> None:
    stray = skeleton / "src" / "landbridge" / "stray"
    stray.mkdir()
    (stray / "__init__.py").touch()

    done = _lint(skeleton)

    assert done.returncode == 1
    assert "stray" in done.stdout


def test_a_cycle_inside_a_package_is_refused(skeleton: Path) -> None:
    folder = skeleton / "src" / "landbridge" / "engine"
    (folder / "left.py").write_text("from landbridge.engine import right\n")
    (folder / "right.py").write_text("from landbridge.engine import left\n")

    done = _lint(skeleton)

    assert done.returncode == 1
    assert "No cycles between siblings, at any depth BROKEN" in done.stdout


def test_every_package_is_held_to_one_colour() -> None:
    home = REPOSITORY / "src" / "landbridge"
    packages = {path.parent.name for path in home.glob("*/__init__.py")}
    listed = CONTRACT["importlinter:contract:colour"]["source_modules"].split()
    assert packages - COLOURED <= {name.removeprefix("landbridge.") for name in listed}
