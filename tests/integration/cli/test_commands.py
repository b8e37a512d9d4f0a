"""The command line, as a user meets it: a project of files and DuckDB, from init to repair."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from landbridge.cli.main import app

FLOW = """
kind: flow
name: {name}
nodes:
  - name: items
    type: copy
    source: {{connection: drops, streams: [items.csv]}}
    target: {{connection: warehouse, stream: items}}
    write: {write}
    mapping:
      fields:
        - {{to: code, from: code, normalise: [trim, upper], required: true}}
        - {{to: price, from: price, type: "decimal(12,2)", rounding: half_up}}
    failed_rows: {failed}
"""
ITEMS = "code,name,price\nmat-1,螺栓,1.505\nmat-2,垫圈,面议\nmat-3,弹簧,2\n,空,3\n"


class Project:
    """A project in a folder, and the command line in front of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ask("init", str(folder))
        self.write("data/items.csv", ITEMS)
        self.flow("merge", "{mode: merge, keys: [code]}", "{action: quarantine}")

    def write(self, path: str, text: str) -> None:
        (self.folder / path).write_text(text, encoding="utf-8")

    def flow(self, name: str, write: str, failed: str = "{action: stop}") -> None:
        self.write(f"flows/{name}.yaml", FLOW.format(name=name, write=write, failed=failed))

    def run(self, *words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["-p", str(self.folder), *words])
        return done.exit_code, done.output

    def ask(self, *words: str) -> tuple[int, dict[str, Any]]:
        done = CliRunner().invoke(app, ["-p", str(self.folder), "--json", *words])
        answer: dict[str, Any] = json.loads(done.stdout)
        return done.exit_code, answer

    def sql(self, query: str) -> Sequence[tuple[object, ...]]:
        with duckdb.connect(str(self.folder / "warehouse.duckdb")) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "shop")


def test_a_new_project_checks_plans_and_runs_as_it_is(project: Project) -> None:
    assert project.ask("check")[0] == 0
    code, plan = project.ask("plan", "example")
    assert (code, plan["unknown"]) == (0, [])
    code, answer = project.ask("run", "example")
    assert (code, answer["done"]) == (0, True)


def test_a_plan_changes_nothing_and_says_everything(project: Project) -> None:
    code, plan = project.ask("plan", "merge")
    [stream] = plan["streams"]
    assert code == 0
    assert stream["guarantee"]["level"] == "exactly_once"
    assert [fit["column"] for fit in stream["fits"]][:2] == ["code", "price"]
    assert stream["changes"][0]["action"] == "create"
    assert not (project.folder / "warehouse.duckdb").exists()


def test_apply_makes_the_target_without_moving_a_row(project: Project) -> None:
    digest = project.ask("plan", "merge")[1]["digest"]
    assert project.ask("apply", "merge", "--plan", "0000")[0] == 2
    assert project.ask("apply", "merge", "--plan", digest)[0] == 0
    assert project.sql("SELECT count(*) FROM items") == [(0,)]
    assert project.ask("run", "merge")[0] == 0


def test_refused_rows_are_kept_edited_and_replayed_exactly_once(project: Project) -> None:
    code, answer = project.ask("run", "merge")
    [ledger] = answer["streams"]
    assert code == 0
    counts = {name: ledger[f"{name}_rows"] for name in ("read", "written", "quarantined")}
    assert counts == {"read": 4, "written": 2, "quarantined": 2}
    assert project.sql("SELECT code, price::VARCHAR FROM items ORDER BY code") == [
        ("MAT-1", "1.51"),
        ("MAT-3", "2.00"),
    ]
    rows = project.ask("quarantine", "list", "--text", "面议")[1]["rows"]
    [row] = rows
    assert row["row"]["field"] == "price"
    code, refused = project.ask("quarantine", "edit", row["identity"], '{"cod": "x"}')
    assert (code, refused["error"]["code"]) == (2, "options.invalid")
    content = {**json.loads(row["row"]["content"]), "price": "9.99"}
    assert project.ask("quarantine", "edit", row["identity"], json.dumps(content))[0] == 0
    code, replayed = project.ask("quarantine", "replay", row["identity"])
    assert (code, replayed["streams"][0]["written"]) == (0, 1)
    assert project.sql("SELECT price::VARCHAR FROM items WHERE code = 'MAT-2'") == [("9.99",)]
    code, again = project.ask("quarantine", "replay")
    assert (code, again["streams"][0]["refused"]) == (1, 1)
    assert project.ask("quarantine", "drop", "--flow", "merge")[1] == {"dropped": 1}
    assert project.ask("quarantine", "list")[1]["rows"] == []


def test_a_row_that_fails_is_terminal_by_default(project: Project) -> None:
    project.flow("strict", "{mode: replace}")
    code, answer = project.ask("run", "strict")
    assert code == 1
    [failure] = answer["failures"]
    assert failure["error"]["code"] == "run.rows_failed"
    assert "面议" in failure["error"]["message"]
    assert project.ask("runs")[1]["runs"][0]["outcome"] == "failed"


def test_verify_finds_and_repairs_what_somebody_changed(project: Project) -> None:
    project.ask("run", "merge")
    code, answer = project.ask("verify", "merge")
    assert (code, answer["streams"][0]["equal"]) == (0, True)
    project.sql("UPDATE items SET price = 7 WHERE code = 'MAT-1'")
    project.sql("DELETE FROM items WHERE code = 'MAT-3'")
    code, answer = project.ask("verify", "merge")
    found = answer["streams"][0]["found"]
    assert (code, found["changed"], found["absent"]) == (1, 1, 1)
    code, answer = project.ask("verify", "merge", "--repair")
    assert (code, answer["streams"][0]["found"]["repaired"]) == (0, 2)
    assert project.ask("verify", "merge")[0] == 0


def test_bad_input_ends_with_2_and_names_the_place(project: Project) -> None:
    project.write("flows/bad.yaml", "kind: flow\nname: bad\nnodes:\n  - {name: a, typ: copy}\n")
    code, answer = project.ask("check", "--offline")
    assert code == 2
    faults = answer["error"]["faults"]
    assert all(fault["file"] == "flows/bad.yaml" and fault["line"] for fault in faults)
    project.write("flows/bad.yaml", "")
    (project.folder / "flows/bad.yaml").unlink()
    assert project.ask("run", "merg")[0] == 2
    assert project.ask("plan", "merge", "--node", "nobody")[0] == 2


def test_faults_and_tables_speak_chinese(project: Project) -> None:
    code, output = project.run("--language", "zh", "run", "merge")
    assert code == 0
    assert "已完成" in output
    code, output = project.run("--language", "zh", "run", "nobody")
    assert (code, "错误" in output) == (2, True)


def test_a_preview_shows_what_a_mapping_makes_and_what_would_fail(project: Project) -> None:
    code, answer = project.ask("preview", "merge", "--node", "items")
    assert code == 0
    assert answer["rows"][0] == {"code": "MAT-1", "price": "1.51", "name": "螺栓"}
    assert {fault["row"] for fault in answer["faults"]} == {1, 3}
    assert project.ask("preview", "drops", "items.csv", "--limit", "2")[1]["read"] == 2


def test_secrets_are_encrypted_and_never_shown(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = project.ask("secret", "key")[1]["key"]
    monkeypatch.setenv("LANDBRIDGE_SECRET_KEY", key)
    words = ["-p", str(project.folder), "--json", "secret", "set", "erp_password"]
    done = CliRunner().invoke(app, words, input="hunter2\n")
    assert done.exit_code == 0
    assert project.ask("secret", "list")[1] == {"names": ["erp_password"]}
    stored = "".join(
        path.read_text(errors="replace")
        for path in project.folder.rglob("*")
        if path.is_file() and ".landbridge" not in path.parts
    )
    assert "hunter2" not in stored + done.output
    assert project.ask("secret", "remove", "erp_password")[0] == 0


def test_an_unexpected_failure_is_named_without_a_traceback(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("landbridge.app.workspace.load_project", explode)
    code, output = project.run("check")
    assert code == 1
    assert "ZeroDivisionError" in output
    assert "Traceback" not in output
