"""A new connector starts in good shape, with contracts that fail until it works."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tools import fragments
from tools.new_connector.scaffold import NameRefusedError, scaffold

REPOSITORY = Path(__file__).parents[3]
PACKAGE = "src/landbridge/connectors/acme_crm"
CONFTEST = """
from pathlib import Path
import landbridge.connectors
here = Path(__file__).parent / "src/landbridge/connectors"
landbridge.connectors.__path__.append(str(here))
"""


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    scaffold(tmp_path, "acme_crm")
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n")
    return tmp_path


def _run(*command: str, at: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "src")}
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=at,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def placed(fresh: Path) -> Path:
    """The new files beside the packages they import."""
    shutil.copytree(
        REPOSITORY / "src" / "landbridge",
        fresh / "src" / "landbridge",
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns(
            "__pycache__", "engine", "demo", "cli", "app", "postgres"
        ),
    )
    return fresh


def test_the_files_are_in_the_style_of_the_house(placed: Path) -> None:
    config = f"--config={REPOSITORY / 'pyproject.toml'}"
    ours = (config, "--no-cache", PACKAGE, "tests")
    style = _run("ruff", "check", *ours, at=placed)
    shape = _run("ruff", "format", "--check", *ours, at=placed)

    # The methods that only raise do not use their arguments yet.
    assert set(re.findall(r"^[A-Z]+\d+", style.stdout, re.MULTILINE)) <= {"ARG002", "INP001"}
    assert shape.returncode == 0, shape.stdout
    assert list(fragments.faults(placed / "changelog.d")) == []


def test_the_types_fit_the_sdk(placed: Path) -> None:
    config = f"--config-file={REPOSITORY / 'pyproject.toml'}"
    done = _run("mypy", config, "--no-incremental", PACKAGE, "tests", at=placed)
    assert done.returncode == 0, done.stdout


def test_its_contracts_fail_until_it_works(fresh: Path) -> None:
    done = _run("pytest", "-q", "-p", "no:cacheprovider", "tests", at=fresh)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "NotImplementedError" in done.stdout
    failed = int(re.findall(r"(\d+) failed", done.stdout)[-1])
    assert failed > 30
    assert "error" not in done.stdout.splitlines()[-1]


def test_its_options_obey_the_law_of_names(fresh: Path) -> None:
    script = (
        "import landbridge.connectors;"
        "landbridge.connectors.__path__.append('src/landbridge/connectors');"
        "from landbridge.connectors.acme_crm.manifest import MANIFEST;"
        "from tools.option_law import faults;"
        "print(list(faults(MANIFEST.name, MANIFEST.options)))"
    )
    path = os.pathsep.join([str(REPOSITORY / "src"), str(REPOSITORY)])
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=fresh,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize(
    "name", ["", "Acme", "9lives", "acme crm", "../acme", "acme__crm", "a-b"]
)
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(NameRefusedError, match="NAME=acme_crm"):
        scaffold(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_a_connector_is_never_overwritten(fresh: Path) -> None:
    with pytest.raises(NameRefusedError, match="already"):
        scaffold(fresh, "acme_crm")
