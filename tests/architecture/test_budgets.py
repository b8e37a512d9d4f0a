"""Sizes, names and patches stay within bounds, and the judge of them is not blind."""

from pathlib import Path

import pytest
from tools import budgets, fragments

REPOSITORY = Path(__file__).parents[2]
NO, TYPE = "no", "type"  # so that this file itself ignores nothing


def test_the_repository_is_within_its_budgets() -> None:
    assert list(budgets.faults(REPOSITORY)) == []


@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        ("src/landbridge/long.py", "x = 1\n" * 401, "401 lines"),
        ("src/landbridge/a.py", "class RunManager: ...\n", "class RunManager says Manager"),
        ("tests/a.py", "class HTTPHandler: ...\n", "class HTTPHandler says Handler"),
        ("tools/a.py", "class BaseSource: ...\n", "class BaseSource says Base"),
        ("src/landbridge/a.py", "class TextUtils: ...\n", "class TextUtils says Utils"),
        ("src/landbridge/helpers.py", "", "not helpers"),
        ("src/landbridge/engine/a.py", "import os\nos.environ['X']\n", "reads the environment"),
        ("src/landbridge/engine/a.py", "from os import getenv\n", "reads the environment"),
        ("src/landbridge/sdk/a.py", "import logging\n", "only telemetry logs"),
        ("src/landbridge/a.py", "from typing import TYPE_CHECKING\n", "hides an import"),
        ("tests/a.py", "from __future__ import annotations\n", "annotations are real"),
        ("tools/a.py", f"x = 1  # {NO}qa\n", "names its code"),
        ("tools/a.py", f"x = 1  # {TYPE}: ignore\n", "names its code"),
        ("tests/test_a.py", "def test_a():\n    mock.patch('x')\n", "1 patches in 1 tests"),
        (
            "tests/test_a.py",
            "def test_a(monkeypatch):\n    monkeypatch.setattr(os, 'x', 1)\n",
            "1 patches in 1 tests",
        ),
    ],
)
def test_a_breach_is_found(tmp_path: Path, path: str, text: str, fault: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(text)

    [found] = budgets.faults(tmp_path)

    assert fault in found


def test_what_is_allowed_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text(
        "class Database: ...\nclass Handled: ...\n"
        + "def test_a(): ...\n" * 20
        + "mock.patch('x')\n"
        + "x = 1  # no"
        "qa: S101  with a reason\n"
    )
    (tmp_path / "src" / "landbridge" / "app").mkdir(parents=True)
    (tmp_path / "src" / "landbridge" / "app" / "a.py").write_text("import os\nos.environ\n")
    assert list(budgets.faults(tmp_path)) == []


def test_the_change_notes_are_well_formed() -> None:
    assert list(fragments.faults(REPOSITORY / "changelog.d")) == []


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("copy.md", "Text.", "is not named"),
        ("2_Copy.added.md", "Text.", "is not named"),
        ("2_copy.improved.md", "Text.", "improved is none of"),
        ("2_copy.added.md", " \n", "is empty"),
        ("2_copy.breaking.md", "## Summary\nText.\n", "lacks a part '## Migration'"),
    ],
)
def test_a_bad_change_note_is_found(tmp_path: Path, name: str, text: str, fault: str) -> None:
    (tmp_path / name).write_text(text)

    [found] = fragments.faults(tmp_path)

    assert fault in found


def test_a_good_change_note_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "README.md").touch()
    (tmp_path / "2_copy-and-verify.added.md").write_text("Copies tables.\n")
    (tmp_path / "9_names.breaking.md").write_text("## Summary\nA\n## Migration\nB\n")
    assert list(fragments.faults(tmp_path)) == []
