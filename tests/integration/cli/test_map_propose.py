"""`map propose`, from two databases to a flow that copies by what was proposed."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from landbridge.cli.main import app

_DEPARTMENTS = ("采购部", "生产部", "销售部")
_FLOW = """kind: flow
name: items
nodes:
  - name: items
    type: copy
    source: {connection: erp, streams: [t_wl]}
    target: {connection: mes, stream: item}
    write: {mode: merge, keys: [item_no]}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    run = CliRunner().invoke(app, ["init", str(tmp_path)])
    assert run.exit_code == 0, run.output
    for name, connector, file in (("erp", "sqlite", "erp.db"), ("mes", "duckdb", "mes.duckdb")):
        words = f"kind: connection\nname: {name}\nconnector: {connector}\n"
        (tmp_path / f"connections/{name}.yaml").write_text(
            f"{words}options: {{path: {file}}}\n"
        )
    with sqlite3.connect(tmp_path / "erp.db") as erp:
        erp.execute("CREATE TABLE t_wl (wlbm TEXT PRIMARY KEY, wlmc TEXT, bm TEXT, cjrq TEXT)")
        rows = [
            (
                f"MAT-{at:04d}",
                f"物料{at}号",
                _DEPARTMENTS[at * 7 % 3],
                f"2024{at % 12 + 1:02d}{at % 28 + 1:02d}",
            )
            for at in range(60)
        ]
        erp.executemany("INSERT INTO t_wl VALUES (?, ?, ?, ?)", rows)
    erp.close()
    with duckdb.connect(str(tmp_path / "mes.duckdb")) as mes:
        mes.execute(
            "CREATE TABLE item (item_no BIGINT PRIMARY KEY, item_name VARCHAR,"
            " dept_id INTEGER, created_on DATE)"
        )
        mes.execute(
            "INSERT INTO item SELECT i, '物料' || i || '号', 101 + i * 7 % 3,"
            " make_date(2024, i % 12 + 1, i % 28 + 1) FROM range(20, 50) AS t(i)"
        )
    return tmp_path


def _ask(project: Path, *words: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(app, ["-p", str(project), "--json", *words])
    return done.exit_code, json.loads(done.stdout)


def test_a_proposal_put_into_a_flow_copies_every_row(project: Path) -> None:
    draft = project / "draft"
    words = ("map", "propose", "erp", "t_wl", "mes", "item", "--out", str(draft))
    code, answer = _ask(project, *words)
    assert code == 0
    assert [(one["source"], one["target"]) for one in answer["accepted"]] == [
        ("wlbm", "item_no"),
        ("wlmc", "item_name"),
        ("bm", "dept_id"),
        ("cjrq", "created_on"),
    ]
    (project / "code_tables").mkdir(exist_ok=True)
    for table in (draft / "code_tables").iterdir():
        table.rename(project / "code_tables" / table.name)
    mapping = (draft / "mapping.yaml").read_text(encoding="utf-8")
    indented = "".join(f"    {line}\n" for line in mapping.splitlines())
    (project / "flows/items.yaml").write_text(_FLOW + indented, encoding="utf-8")
    done = CliRunner().invoke(app, ["-p", str(project), "run", "items"])
    assert done.exit_code == 0, done.output
    with duckdb.connect(str(project / "mes.duckdb")) as mes:
        found = mes.execute(
            "SELECT count(*), sum(item_no), sum(dept_id - 101 - item_no * 7 % 3),"
            " count(*) FILTER (created_on = make_date(2024, (item_no % 12 + 1)::INT,"
            " (item_no % 28 + 1)::INT)) FROM item"
        ).fetchone()
    assert found == (60, sum(range(60)), 0, 60)


def test_evidence_is_told_in_chinese_and_nothing_is_written(project: Path) -> None:
    before = sorted(project.rglob("*.yaml"))
    words = ["-p", str(project), "--language", "zh", "map", "propose"]
    done = CliRunner().invoke(app, [*words, "erp", "t_wl", "mes", "item"])
    assert done.exit_code == 0, done.output
    assert "编码 30 个中有 30 个数字相同：MAT-0020 即 20" in done.output
    assert sorted(project.rglob("*.yaml")) == before


def test_a_file_that_is_there_is_not_replaced(project: Path) -> None:
    (project / "mapping.yaml").write_text("mine")
    words = ("map", "propose", "erp", "t_wl", "mes", "item", "--out", str(project))
    code, answer = _ask(project, *words)
    assert code == 2
    assert answer["error"]["code"] == "options.invalid"
    assert (project / "mapping.yaml").read_text() == "mine"


def test_without_its_extra_the_command_names_it(project: Path) -> None:
    program = (
        "import sys; sys.modules['pypinyin'] = None\n"
        "from landbridge.cli.main import main\n"
        f"sys.argv = ['landbridge', '-p', {str(project)!r}, 'map', 'propose',"
        " 'erp', 't_wl', 'mes', 'item', '--json']\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "connector.missing"
    assert "landbridge[matching]" in error["hint"]


def test_starting_the_command_line_loads_no_pinyin() -> None:
    program = (
        "import sys, landbridge.cli.main\n"
        "assert not {'pypinyin', 'rapidfuzz'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
