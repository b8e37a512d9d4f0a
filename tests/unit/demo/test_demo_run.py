"""The demo as a user runs it: twice, interrupted, tampered with, and in two languages."""

import io
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from rich.console import Console

from landbridge.app.quarantining import edit_row, replay
from landbridge.app.settings import read_settings
from landbridge.app.workspace import Workspace
from landbridge.demo.company import Company, Scale
from landbridge.demo.report import StreamLine
from landbridge.demo.run import DemoReport, run_demo, serve_crm
from landbridge.demo.template import crm_port
from landbridge.kernel.errors import OptionsInvalidError
from landbridge.store.quarantine import Search

SMALL = Scale(
    materials=600,
    suppliers=5,
    orders=900,
    customers=450,
    contacts=450,
    reports_per_day=60,
    inspections_per_day=40,
    drop_days=4,
)


def demo(folder: Path, language: str = "en") -> tuple[DemoReport, str]:
    screen = io.StringIO()
    console = Console(file=screen, width=200, highlight=False)
    settings = read_settings({"LANDBRIDGE_LANGUAGE": language})
    report = run_demo(folder, settings, console, scale=SMALL)
    assert not report.failures, report.failures
    return report, screen.getvalue()


def ask(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True)) as database:
        return database.execute(query).fetchall()


def ask_erp(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "company" / "erp.sqlite")) as database:
        return database.execute(query).fetchall()


def lines(report: DemoReport) -> Mapping[str, StreamLine]:
    return {line.target: line for line in report.streams}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoReport, str]:
    folder = tmp_path_factory.mktemp("demo")
    report, screen = demo(folder)
    return folder, report, screen


@pytest.fixture
def done(first: tuple[Path, DemoReport, str], tmp_path: Path) -> tuple[Path, DemoReport]:
    """A copy of a finished demo, to go on with."""
    folder, report, _ = first
    return Path(shutil.copytree(folder, tmp_path / "demo")), report


def test_a_first_demo_is_proven(first: tuple[Path, DemoReport, str]) -> None:
    _, report, screen = first

    assert report.proven
    assert len(report.streams) == len(report.proofs) == 10
    assert all(line.equal for line in report.proofs)
    assert "DIFFERENT" not in screen
    assert re.search(r"landbridge -p \S+project quarantine list", screen)


def test_the_quarantine_holds_the_planted_faults_and_nothing_else(
    first: tuple[Path, DemoReport, str],
) -> None:
    folder, report, _ = first
    company = Company.find(folder / "company")
    assert company is not None
    planted = company.planted()

    assert sum(line.rows for line in report.refused) == sum(planted.values()) > 0
    refused = Counter({(line.stream, line.field): 0 for line in report.refused})
    for line in report.refused:
        refused[line.stream, line.field] += line.rows
    assert refused["order_lines", "quantity"] == (
        planted["text where a quantity should stand"] + planted["a quantity of zero or less"]
    )
    assert refused["order_lines", "material_code"] == planted["a material nobody knows"]
    assert refused["materials", "list_price"] == planted["a word where a price should stand"]
    assert refused["contacts", "email"] == planted["an e-mail address without an @"]
    assert refused["production", "good"] == planted["a word where a count should stand"]
    assert all(line.reason and line.example for line in report.refused)


def test_the_order_lines_are_those_of_the_erp_without_the_faulty_ones(
    first: tuple[Path, DemoReport, str],
) -> None:
    folder, _, _ = first
    good = ask_erp(
        folder,
        "SELECT order_no, line_no, material_code, quantity, unit_price FROM order_lines"
        " WHERE typeof(quantity) = 'integer' AND quantity > 0"
        " AND material_code IN (SELECT code FROM materials) ORDER BY 1, 2",
    )

    found = ask(
        folder,
        "SELECT order_no, line_no, material_code, quantity, unit_price::VARCHAR"
        " FROM fact_order_line ORDER BY 1, 2",
    )
    assert found == good


def test_a_filter_leaves_old_orders_out_and_counts_them(
    first: tuple[Path, DemoReport, str],
) -> None:
    folder, report, _ = first
    [(old,)] = ask_erp(
        folder, "SELECT count(*) FROM sales_orders WHERE ordered_on < '2025-04-01'"
    )

    assert lines(report)["fact_order"].counts.filtered == old > 0
    assert ask(folder, "SELECT min(ordered_on) >= DATE '2025-04-01' FROM fact_order") == [
        (True,)
    ]


def test_a_report_sent_twice_is_there_once(first: tuple[Path, DemoReport, str]) -> None:
    folder, report, _ = first

    assert lines(report)["fact_production"].counts.superseded == SMALL.drop_days
    assert ask(folder, "SELECT count(*) - count(DISTINCT report_no) FROM fact_production") == [
        (0,)
    ]


def test_all_systems_speak_of_a_material_by_one_name(
    first: tuple[Path, DemoReport, str],
) -> None:
    folder, report, screen = first

    for table in ("fact_order_line", "fact_production", "fact_inspection"):
        assert ask(folder, f"SELECT count(*) FROM {table}")[0][0] > 0
        assert ask(
            folder,
            f"SELECT count(*) FROM {table} WHERE material_code NOT IN"
            " (SELECT material_code FROM dim_material)",
        ) == [(0,)]
    assert report.materials
    assert report.materials[0].code in screen
    assert all(line.code == f"MAT-{int(line.mes_code):04}" for line in report.materials)


def test_phones_emails_units_and_codes_are_clean(first: tuple[Path, DemoReport, str]) -> None:
    folder, _, _ = first
    phones = ask(
        folder, "SELECT phone FROM dim_customer UNION ALL SELECT phone FROM dim_contact"
    )
    emails = ask(folder, "SELECT email FROM dim_contact")

    assert len(phones) > SMALL.customers
    assert all(re.fullmatch(r"1\d{10}", phone) for (phone,) in phones)
    assert all(re.fullmatch(r"[a-z.\d]+@[a-z.\d]+", email) for (email,) in emails)
    assert ask(folder, "SELECT DISTINCT unit FROM dim_material ORDER BY 1") == [
        ("kg",),
        ("m",),
        ("pcs",),
        ("set",),
    ]
    assert ask(
        folder, "SELECT count(*) FROM dim_customer WHERE customer_name <> trim(customer_name)"
    ) == [(0,)]


def test_times_of_the_erp_are_instants_in_shanghai(
    first: tuple[Path, DemoReport, str],
) -> None:
    folder, _, _ = first
    [(code, when)] = ask_erp(folder, "SELECT code, updated_at FROM materials LIMIT 1")

    [(found,)] = ask(
        folder,
        "SELECT strftime(changed_at AT TIME ZONE 'Asia/Shanghai', '%Y-%m-%d %H:%M:%S')"
        f" FROM dim_material WHERE material_code = '{code}'",
    )
    assert found == when


def test_the_crm_was_difficult_and_no_record_was_lost(
    first: tuple[Path, DemoReport, str],
) -> None:
    folder, report, _ = first

    assert report.crm.failed > 0
    assert ask(folder, "SELECT count(*) FROM dim_customer") == [(SMALL.customers,)]


def test_a_second_demo_copies_only_what_changed_and_nothing_twice(
    done: tuple[Path, DemoReport],
) -> None:
    folder, before = done
    after, screen = demo(folder, "zh_CN.UTF-8")

    assert after.proven
    assert all(word in screen for word in ("账本", "隔离区", "一致"))
    assert after.day == before.day + 1
    whole = {"dim_department", "dim_supplier", "dim_workshop"}
    for target, line in lines(after).items():
        if target not in whole:
            assert 0 < line.counts.read <= lines(before)[target].counts.read // 2
    for table in ("dim_customer", "fact_order_line", "fact_production"):
        key = {"dim_customer": "customer_id", "fact_production": "report_no"}.get(
            table, "(order_no, line_no)"
        )
        assert ask(folder, f"SELECT count(*) - count(DISTINCT {key}) FROM {table}") == [(0,)]


def test_a_refused_row_that_was_edited_and_replayed_is_proven_with_the_rest(
    done: tuple[Path, DemoReport],
) -> None:
    folder, _ = done
    with Workspace.open(folder / "project", read_settings({})) as workspace:
        search = Search(node="order_lines", text="a quantity of")
        kept = workspace.state.quarantine.find(search)[0]
        row = json.loads(kept.row.content) | {"quantity": "77"}
        edit_row(workspace, kept.identity, json.dumps(row))
        [replayed] = replay(workspace, Search(identity=kept.identity))
    after, _ = demo(folder)

    assert replayed.written == 1
    assert after.proven
    place = f"order_no = '{row['order_no']}' AND line_no = {row['line_no']}"
    assert ask(folder, f"SELECT quantity FROM fact_order_line WHERE {place}") == [(77,)]


def test_a_demo_that_never_came_to_its_end_is_taken_up_at_the_same_day(
    done: tuple[Path, DemoReport],
) -> None:
    folder, before = done
    (folder / "demo.json").unlink()
    screen = io.StringIO()
    after = run_demo(folder, read_settings({}), Console(file=screen), quiet=True)

    assert screen.getvalue() == ""
    assert after.proven

    assert after.day == before.day
    assert {line.target: line.target_rows for line in after.proofs} == {
        line.target: line.target_rows for line in before.proofs
    }


def test_a_demo_killed_between_two_flows_is_taken_up_and_proven(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from rich.console import Console\n"
        "from landbridge.app.settings import read_settings\n"
        "from landbridge.demo import run\n"
        "from landbridge.demo.company import Scale\n"
        "flow = run.run_flow\n"
        "def killed(workspace, name, selection, listen):\n"
        "    if name == 'sales':\n"
        "        os.kill(os.getpid(), 9)\n"
        "    return flow(workspace, name, selection, listen)\n"
        "run.run_flow = killed\n"
        f"run.run_demo(Path(sys.argv[1]), read_settings({{}}), Console(), scale={SMALL!r})\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], check=False, capture_output=True
    )
    assert process.returncode == -9, process.stderr
    report, _ = demo(tmp_path)

    assert report.proven
    assert report.day == 28
    assert lines(report)["dim_customer"].counts.read < 10


def test_without_its_warehouse_everything_is_copied_again(
    done: tuple[Path, DemoReport],
) -> None:
    folder, _ = done
    (folder / "warehouse.duckdb").unlink()
    after, _ = demo(folder)

    assert after.proven
    assert lines(after)["fact_order_line"].counts.read > SMALL.orders


def test_a_target_that_was_tampered_with_is_not_proven(done: tuple[Path, DemoReport]) -> None:
    folder, _ = done
    with closing(duckdb.connect(str(folder / "warehouse.duckdb"))) as database:
        database.execute(
            "DELETE FROM dim_customer WHERE customer_id ="
            " (SELECT min(customer_id) FROM dim_customer WHERE changed_at < DATE '2026-01-01')"
        )
    after, screen = demo(folder)

    assert not after.proven
    assert [line.target for line in after.proofs if not line.equal] == ["dim_customer"]
    assert "DIFFERENT" in screen


def test_the_crm_of_a_demo_can_be_kept_answering(done: tuple[Path, DemoReport]) -> None:
    folder, _ = done
    statuses: list[int] = []

    def wait() -> None:
        port = crm_port(folder / "project")
        statuses.append(httpx.get(f"http://127.0.0.1:{port}/api/v1/customers").status_code)
        raise KeyboardInterrupt

    screen = io.StringIO()
    serve_crm(folder, read_settings({}), Console(file=screen, width=200), wait)

    assert statuses == [401]
    assert "Ctrl-C" in screen.getvalue()
    company = Company.find(folder / "company")
    assert company is not None
    assert company.day() == 28


def test_without_a_demo_there_is_no_crm_to_keep(tmp_path: Path) -> None:
    with pytest.raises(OptionsInvalidError, match="no demo has run"):
        serve_crm(tmp_path, read_settings({}), Console(quiet=True), lambda: None)
