"""A folder of documents, read whole."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from landbridge.kernel.errors import DocumentsInvalidError
from landbridge.specs.codes import FaultCode
from landbridge.specs.faults import Fault
from landbridge.specs.loader import Project, load_project

GOOD: Mapping[str, str] = {
    "landbridge.yaml": "kind: project\nname: acme\n",
    "connections/erp.yaml": (
        "kind: connection\nname: erp\nconnector: postgres\n"
        "options:\n  host: db\n  password: ${secret:erp_password}\n"
    ),
    "connections/dw.yaml": "kind: connection\nname: dw\nconnector: duckdb\n",
    "flows/materials.yaml": (
        "kind: flow\n"
        "name: materials\n"
        "nodes:\n"
        "  - name: a\n"
        "    type: copy\n"
        "    source:\n"
        "      connection: erp\n"
        "      streams: [public.m, public.n]\n"
        "    target: {connection: dw, stream: 'dim_{table}'}\n"
        "    write: {mode: merge, keys: [id]}\n"
    ),
}


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def faults_of(folder: Path) -> list[Fault]:
    with pytest.raises(DocumentsInvalidError) as failure:
        load_project(folder)
    return [fault for fault in failure.value.faults if isinstance(fault, Fault)]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    write(tmp_path, GOOD)
    return load_project(tmp_path)


def test_a_project_is_its_documents(project: Project) -> None:
    assert project.spec.name == "acme"
    assert sorted(project.connections) == ["dw", "erp"]
    assert project.flows["materials"].nodes[0].target.name_for("public.m") == "dim_m"


def test_every_part_of_a_document_can_be_located(project: Project) -> None:
    flow = project.flows["materials"]
    assert str(project.locate(flow, "nodes", 0, "source", "streams", 1)) == (
        "flows/materials.yaml:8:27 nodes[0].source.streams[1]"
    )
    assert project.locate(flow, "nodes", 0, "mapping", "rest").line == 4
    where = project.where(project.connections["erp"], "options")
    assert where.place("password").line == 6


def test_what_is_not_a_document_is_left_alone_outside_the_folders(tmp_path: Path) -> None:
    write(
        tmp_path, {**GOOD, "code_tables/units.csv": "a,b", "README.md": "x", "flows/.keep": ""}
    )
    assert load_project(tmp_path).spec.name == "acme"


def test_a_project_without_flows_is_a_project(tmp_path: Path) -> None:
    write(tmp_path, {"landbridge.yaml": GOOD["landbridge.yaml"]})
    assert load_project(tmp_path).flows == {}


def test_a_missing_project_says_how_to_begin(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DocumentsInvalidError) as failure:
            load_project(folder)
        [fault] = failure.value.faults
        assert isinstance(fault, Fault)
        assert fault.code is FaultCode.PROJECT_MISSING
        assert failure.value.hint == "landbridge init"


def test_faults_of_all_documents_come_at_once_in_order_of_place(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            **GOOD,
            "landbridge.yaml": "kind: project\nname: Acme\n",
            "connections/erp.yaml": "kind: connection\nname: erp\n",
            "flows/tabs.yaml": "kind: flow\n\tname: x",
        },
    )

    places = [(fault.place.file, fault.place.line) for fault in faults_of(tmp_path)]

    assert places == [
        ("connections/erp.yaml", 1),
        ("flows/tabs.yaml", 2),
        ("landbridge.yaml", 2),
    ]


def test_shape_faults_announce_that_more_checks_follow(tmp_path: Path) -> None:
    write(tmp_path, {**GOOD, "landbridge.yaml": "kind: project\nname: Acme\n"})
    with pytest.raises(DocumentsInvalidError) as failure:
        load_project(tmp_path)
    assert failure.value.hint.startswith("More checks")


def test_a_connection_nobody_defines_is_a_fault_with_its_place(tmp_path: Path) -> None:
    text = GOOD["flows/materials.yaml"].replace("connection: erp", "connection: erq")
    write(tmp_path, {**GOOD, "flows/materials.yaml": text})

    [fault] = faults_of(tmp_path)

    assert fault.code is FaultCode.CONNECTION_UNKNOWN
    assert (fault.place.line, fault.place.field) == (7, "nodes[0].source.connection")
    assert 'Did you mean "erp"?' in fault.remedy()


def test_the_connection_of_a_code_table_is_checked_too(tmp_path: Path) -> None:
    table = "{connection: mdm, stream: units, from: code, to: name}"
    text = GOOD["flows/materials.yaml"] + (
        f"    mapping: {{fields: [{{to: u, from: v, code_table: {table}}}]}}\n"
    )
    write(tmp_path, {**GOOD, "flows/materials.yaml": text})
    [fault] = faults_of(tmp_path)
    assert fault.place.field == "nodes[0].mapping.fields[0].code_table.connection"


def test_a_faulty_connection_still_counts_as_defined(tmp_path: Path) -> None:
    write(tmp_path, {**GOOD, "connections/erp.yaml": "kind: connection\nname: erp\n"})
    assert {fault.code for fault in faults_of(tmp_path)} == {FaultCode.FIELD_MISSING}


def test_two_documents_of_one_name_are_a_fault_that_names_the_first(tmp_path: Path) -> None:
    write(tmp_path, {**GOOD, "connections/other.yaml": GOOD["connections/erp.yaml"]})
    [fault] = faults_of(tmp_path)
    assert fault.code is FaultCode.NAME_REPEATED
    assert "connections/erp.yaml" in fault.problem()


@pytest.mark.parametrize("name", ["notes.txt", "erp.yml", "deeper/erp.yaml"])
def test_what_is_no_document_in_a_folder_of_documents_is_a_fault(
    tmp_path: Path, name: str
) -> None:
    write(tmp_path, {**GOOD, f"connections/{name}": "x"})
    [fault] = faults_of(tmp_path)
    assert fault.code is FaultCode.FILE_UNKNOWN
    assert name.split("/", maxsplit=1)[0] in fault.problem()


def test_documents_in_a_misspelt_folder_are_not_missed(tmp_path: Path) -> None:
    write(tmp_path, {**GOOD, "flow/x.yaml": GOOD["flows/materials.yaml"]})
    [fault] = faults_of(tmp_path)
    assert fault.code is FaultCode.FOLDER_MISSPELT
    assert '"flows"' in fault.remedy()


def test_a_document_in_the_wrong_folder_is_a_fault(tmp_path: Path) -> None:
    write(tmp_path, {**GOOD, "flows/dw2.yaml": GOOD["connections/dw.yaml"]})
    assert FaultCode.KIND_MISPLACED in {fault.code for fault in faults_of(tmp_path)}


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    write(tmp_path, {name: text for name, text in GOOD.items() if "landbridge" not in name})
    (tmp_path / "landbridge.yaml").mkdir()
    [fault] = faults_of(tmp_path)
    assert fault.code is FaultCode.FILE_UNREADABLE
