"""The demo's own documents over the demo's own records."""

import csv
import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from python_calamine import CalamineWorkbook
from tests.unit.engine.mapping.mapping_samples import StoredTables, account

from landbridge.data.schema import StreamSchema
from landbridge.demo.company import Company, Scale
from landbridge.demo.template import write_project
from landbridge.engine.mapping.compile import compile_mapping
from landbridge.engine.mapping.mapped import Mapped
from landbridge.specs.copy import CopyNode
from landbridge.specs.loader import load_project

SMALL = Scale(
    materials=400,
    suppliers=5,
    orders=700,
    customers=200,
    contacts=250,
    reports_per_day=60,
    inspections_per_day=12,
    drop_days=4,
)


class Run:
    """Maps the streams of a small company by the documents of the demo."""

    def __init__(self, folder: Path) -> None:
        self.company = Company.build(folder / "company", seed=11, scale=SMALL)
        write_project(folder / "project", {})
        self.nodes: dict[str, CopyNode] = {}
        for flow in load_project(folder / "project").flows.values():
            self.nodes |= {node.name: node for node in flow.nodes}
        self.tables: dict[str, pa.Table] = {}
        for path in (folder / "project" / "code_tables").iterdir():
            with path.open(encoding="utf-8", newline="") as lines:
                rows = list(csv.reader(lines))[1:]
            keys, values = [row[0] for row in rows], [row[1] for row in rows]
            self.tables[f"code_tables/{path.name}"] = pa.table({"key": keys, "value": values})

    def apply(self, node: str, rows: pa.RecordBatch) -> Mapped:
        spec = self.nodes[node].mapping
        made = compile_mapping(spec, StreamSchema(node, rows.schema), StoredTables(self.tables))
        mapped = made.apply(rows)
        account(mapped, rows.num_rows)
        assert mapped.rows.schema == made.columns
        return mapped

    def erp(self, table: str) -> pa.RecordBatch:
        """A table of the ERP, every column but the whole numbers as text."""
        with closing(sqlite3.connect(self.company.erp.path)) as database:
            cursor = database.execute(f'SELECT * FROM "{table}" ORDER BY 1, 2')
            names = [part[0] for part in cursor.description]
            return batch(names, cursor.fetchall())

    def materials(self, key: str) -> None:
        """Make the target's materials the code table that later flows look up."""
        rows = self.apply("materials", self.erp("materials")).rows
        self.tables["dim_material"] = pa.table(
            {"key": rows.column(key), "value": rows.column("material_code")}
        )


def batch(names: Sequence[str], rows: Sequence[Sequence[object]]) -> pa.RecordBatch:
    columns: dict[str, pa.Array] = {}
    for at, name in enumerate(names):
        values = [row[at] for row in rows]
        if all(isinstance(value, int) for value in values):
            columns[name] = pa.array(values, pa.int64())
        else:
            columns[name] = pa.array(
                [None if v is None else str(v) for v in values], pa.string()
            )
    return pa.record_batch(columns)


def records(found: Sequence[Mapping[str, object]]) -> pa.RecordBatch:
    names = list(found[0])

    def plain(value: object) -> object:
        return json.dumps(value) if isinstance(value, dict | list) else value

    return batch(names, [[plain(one[name]) for name in names] for one in found])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(tmp_path_factory.mktemp("demo"))


def test_materials_have_codes_units_prices_and_moments(run: Run) -> None:
    rows = run.erp("materials")
    mapped = run.apply("materials", rows)
    assert len(mapped.faults) == run.company.erp.unpriced()
    assert {fault.field for fault in mapped.faults} == {"list_price"}
    first = mapped.rows.slice(0, 1).to_pylist()[0]
    assert first["material_code"] == f"MAT-{int(first['mes_code']):04}"
    units = set(run.tables["code_tables/units.csv"]["value"].to_pylist())
    assert set(mapped.rows["unit"].to_pylist()) <= units
    assert mapped.rows.schema.field("list_price").type == pa.decimal128(18, 2)
    written = rows["updated_at"][mapped.origin_of(0)].as_py()
    moment = datetime.fromisoformat(written)
    assert (moment - first["changed_at"].replace(tzinfo=None)).total_seconds() == 8 * 3600


def test_masters_that_need_no_change_are_carried(run: Run) -> None:
    suppliers = run.erp("suppliers")
    assert run.apply("suppliers", suppliers).rows is suppliers
    departments = run.apply("departments", run.erp("departments"))
    assert departments.rows.column_names == ["department_id", "department_name"]
    assert departments.faults == ()


def test_customers_have_one_form_of_phone(run: Run) -> None:
    mapped = run.apply("customers", records(run.company.crm().customers))
    assert mapped.faults == ()
    phones = mapped.rows["phone"].to_pylist()
    assert all(phone is None or (phone.isascii() and phone.isdigit()) for phone in phones)
    regions = set(run.tables["code_tables/regions.csv"]["value"].to_pylist())
    assert set(mapped.rows["region"].to_pylist()) <= regions
    assert mapped.rows["changed_at"][0].as_py().tzinfo is not None


def test_contacts_without_an_address_are_set_aside(run: Run) -> None:
    crm = run.company.crm()
    mapped = run.apply("contacts", records(crm.contacts))
    assert len(mapped.faults) == sum(crm.planted().values())
    assert {fault.field for fault in mapped.faults} <= {"email"}


def test_orders_before_the_spring_are_left_out(run: Run) -> None:
    rows = run.erp("sales_orders")
    mapped = run.apply("orders", rows)
    old = [one for one in rows["ordered_on"].to_pylist() if one < "2025-04-01"]
    assert mapped.filtered == len(old)
    assert mapped.faults == ()
    assert all(day >= date(2025, 4, 1) for day in mapped.rows["ordered_on"].to_pylist())


def test_lines_without_a_quantity_or_a_material_are_set_aside(run: Run) -> None:
    run.materials("material_code")
    mapped = run.apply("order_lines", run.erp("order_lines"))
    assert {fault.field for fault in mapped.faults} == {"material_code", "quantity"}
    unknown = [fault.reason for fault in mapped.faults if fault.field == "material_code"]
    assert all("is not in code table dim_material" in reason for reason in unknown)
    assert min(mapped.rows["quantity"].to_pylist()) >= 1


def test_reports_of_the_shop_floor_find_their_materials(run: Run) -> None:
    run.materials("mes_code")
    newest = sorted((run.company.mes.folder / "production").iterdir())[-1]
    lines = newest.read_bytes().decode("gb18030").split("\r\n")
    names, *rows = [line.split(";") for line in lines if line]
    mapped = run.apply(
        "production", batch(names, [row for row in rows if len(row) == len(names)])
    )
    assert mapped.rows.num_rows > len(rows) // 2
    codes = set(run.tables["dim_material"]["value"].to_pylist())
    assert set(mapped.rows["material_code"].to_pylist()) <= codes
    assert all(at.tzinfo is not None for at in mapped.rows["reported_at"].to_pylist())
    assert max(mapped.rows["reported_at"].to_pylist()) < datetime.now(UTC).replace(year=2100)


def test_workshops_are_named_in_the_words_of_the_erp(run: Run) -> None:
    with (run.company.mes.folder / "materials.csv").open("rb") as file:
        lines = file.read().decode("gb18030").splitlines()
    names, *rows = list(csv.reader(lines, delimiter=";" if ";" in lines[0] else ","))
    mapped = run.apply("workshops", batch(names, rows))
    assert mapped.faults == ()
    assert all(code.startswith("MAT-") for code in mapped.rows["material_code"].to_pylist())


def test_inspections_are_read_from_the_workbook(run: Run) -> None:
    run.materials("mes_code")
    newest = sorted((run.company.mes.folder / "quality").iterdir())[-1]
    cells = CalamineWorkbook.from_path(str(newest)).get_sheet_by_index(0).to_python()
    head = next(at for at, row in enumerate(cells) if "检验单号" in row)
    names = [str(name) for name in cells[head]]
    rows = [
        [int(value) if isinstance(value, float) else value for value in row]
        for row in cells[head + 1 :]
        if row[0] != ""
    ]
    mapped = run.apply("quality", batch(names, rows))
    assert mapped.rows.num_rows
    words = set(run.tables["code_tables/inspection_results.csv"]["value"].to_pylist())
    assert set(mapped.rows["result"].to_pylist()) <= words
