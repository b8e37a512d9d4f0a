"""The project that the demo writes: right as documents, and the user's once written."""

import csv
from pathlib import Path

import pytest

from landbridge.demo.company.words import CATEGORIES, REGIONS, UNITS
from landbridge.demo.template import crm_port, set_crm_port, write_project
from landbridge.specs.loader import load_project
from landbridge.specs.mapping import FileCodeTable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert write_project(tmp_path / "project", {"crm_client_secret": "s3cret"})
    return tmp_path / "project"


def known(folder: Path, name: str) -> set[str]:
    with (folder / "code_tables" / name).open(encoding="utf-8", newline="") as table:
        return {row[0] for row in csv.reader(table)}


def test_its_documents_are_right(folder: Path) -> None:
    project = load_project(folder)

    assert sorted(project.connections) == ["crm", "erp", "mes", "warehouse"]
    assert sorted(project.flows) == ["masters", "sales", "shop_floor"]


def test_every_code_table_stands_in_it_with_the_columns_the_flows_name(folder: Path) -> None:
    tables = [
        field.code_table
        for flow in load_project(folder).flows.values()
        for node in flow.nodes
        for field in node.mapping.fields
        if isinstance(field.code_table, FileCodeTable)
    ]

    assert len(tables) == len(list((folder / "code_tables").iterdir())) == 5
    for table in tables:
        header, *_ = (folder / table.file).read_text(encoding="utf-8").splitlines()
        assert header.split(",") == [table.key_column, table.value_column]


def test_the_code_tables_know_every_way_the_clerks_write(folder: Path) -> None:
    assert set(CATEGORIES) <= known(folder, "categories.csv")
    assert {unit.strip().upper() for unit in UNITS} <= known(folder, "units.csv")
    assert {region.strip().upper() for region in REGIONS} <= known(folder, "regions.csv")


def test_what_a_user_changed_stays(folder: Path) -> None:
    flow = folder / "flows" / "sales.yaml"
    flow.write_text("mine", encoding="utf-8")

    assert not write_project(folder, {})
    assert flow.read_text(encoding="utf-8") == "mine"


def test_a_project_half_written_is_written_again(folder: Path) -> None:
    (folder / "landbridge.yaml").unlink()
    (folder / "flows" / "sales.yaml").unlink()

    assert write_project(folder, {})
    assert (folder / "flows" / "sales.yaml").exists()


def test_the_port_of_the_crm_is_told_to_its_document_alone(folder: Path) -> None:
    document = folder / "connections" / "crm.yaml"
    before = document.read_text(encoding="utf-8")

    set_crm_port(folder, 40123)

    assert crm_port(folder) == 40123
    assert document.read_text(encoding="utf-8") == before.replace(":8000", ":40123")
