"""The company is the same in every process, and each day changes a little of it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from landbridge.demo.company import FIRST_DAY, Company, CrmRecords, Scale
from landbridge.demo.company.mes import MATERIAL_HEADER, PRODUCTION_HEADER, QUALITY_HEADER
from landbridge.demo.company.words import wide

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
TABLES = ("departments", "materials", "suppliers", "sales_orders", "order_lines")


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company.build(tmp_path / "company", seed=11, scale=SMALL)


def erp_rows(company: Company, table: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(company.erp.path)) as database:
        return database.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()


def erp_value(company: Company, query: str) -> int:
    with closing(sqlite3.connect(company.erp.path)) as database:
        return int(database.execute(query).fetchone()[0])


def drops(company: Company) -> dict[str, bytes]:
    folder = company.mes.folder
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def reports(company: Company) -> list[list[str]]:
    newest = sorted((company.mes.folder / "production").iterdir())[-1]
    return [line.split(";") for line in newest.read_bytes().decode("gb18030").split("\r\n")]


def test_the_same_seed_gives_the_same_company_to_the_byte(
    company: Company, tmp_path: Path
) -> None:
    again = Company.build(tmp_path / "again", seed=11, scale=SMALL)
    company.advance()
    again.advance()

    for table in TABLES:
        assert erp_rows(company, table) == erp_rows(again, table)
    assert drops(company) == drops(again)
    assert company.crm() == again.crm()


def test_another_seed_gives_another_company(company: Company, tmp_path: Path) -> None:
    other = Company.build(tmp_path / "other", seed=12, scale=SMALL)

    assert erp_rows(company, "materials") != erp_rows(other, "materials")
    assert drops(company) != drops(other)
    assert company.crm() != other.crm()


def test_the_default_company_has_tens_of_thousands_of_rows(tmp_path: Path) -> None:
    company = Company.build(tmp_path)
    lines = erp_value(company, "SELECT count(*) FROM order_lines")

    assert 20_000 < lines < 30_000
    assert erp_value(company, "SELECT count(*) FROM materials") == 2_000
    assert all(company.planted().values())


def test_a_company_is_found_again_with_its_seed_and_scale(
    company: Company, tmp_path: Path
) -> None:
    assert Company.find(company.folder) == company
    assert Company.find(tmp_path / "nowhere") is None


def test_a_day_changes_few_rows_of_the_erp_and_stamps_every_one_of_them(
    company: Company,
) -> None:
    before = {table: erp_rows(company, table) for table in TABLES}

    assert company.advance() == FIRST_DAY + 1 == company.day()

    for table in ("materials", "sales_orders", "order_lines"):
        changed = set(erp_rows(company, table)) - set(before[table])
        newest = max(str(row[-1]) for row in before[table])
        assert 0 < len(changed) < len(before[table]) // 10
        assert all(str(row[-1]) > newest for row in changed)
    for table in ("departments", "suppliers"):
        assert erp_rows(company, table) == before[table]


def test_a_day_already_lived_is_not_lived_again(company: Company) -> None:
    company.advance(FIRST_DAY + 2)
    before = {table: erp_rows(company, table) for table in TABLES}, drops(company)

    assert company.advance(FIRST_DAY + 1) == FIRST_DAY + 2
    assert ({table: erp_rows(company, table) for table in TABLES}, drops(company)) == before


def test_a_day_drops_two_new_files_and_leaves_the_old_ones_alone(company: Company) -> None:
    before = drops(company)
    company.advance()
    after = drops(company)

    assert sorted(after.keys() - before.keys()) == [
        "production/production_20260202.csv",
        "quality/quality_20260202.xlsx",
    ]
    assert {name: after[name] for name in before} == before


def test_building_anew_forgets_the_days_a_former_company_lived(company: Company) -> None:
    first = drops(company)
    company.advance()
    Company.build(company.folder, seed=11, scale=SMALL)

    assert drops(company) == first
    assert company.day() == FIRST_DAY


def test_the_planted_faults_are_in_the_erp_as_often_as_it_says(company: Company) -> None:
    planted = company.planted()

    texts = [row for row in erp_rows(company, "order_lines") if isinstance(row[3], str)]
    codes = {row[0] for row in erp_rows(company, "materials")}
    unknown = [row for row in erp_rows(company, "order_lines") if row[2] not in codes]
    unpriced = [row for row in erp_rows(company, "materials") if row[4] == "面议"]
    assert (
        planted.items()
        >= {
            "text where a quantity should stand": len(texts),
            "a quantity of zero or less": erp_value(
                company, "SELECT count(*) FROM order_lines WHERE quantity <= 0"
            ),
            "a material nobody knows": len(unknown),
            "a word where a price should stand": len(unpriced),
        }.items()
    )
    assert all(planted.values())


def test_each_day_plants_a_fault_anew_and_corrects_an_old_one(company: Company) -> None:
    before, marks = company.planted(), company.marks()
    company.advance()

    assert company.planted(marks)["a quantity of zero or less"] == 1
    after = company.planted()
    worded = "text where a quantity should stand"
    assert after[worded] < before[worded]


def test_the_reports_are_gb18030_that_gbk_cannot_read(company: Company) -> None:
    header, *rows = reports(company)

    assert tuple(header) == PRODUCTION_HEADER
    assert all(len(row) == len(header) for row in rows)
    assert any("𠮷" in row[7] for row in rows)
    with pytest.raises(UnicodeDecodeError):
        b"".join(drops(company).values()).decode("utf-8")
    with pytest.raises(UnicodeEncodeError):
        "王𠮷".encode("gbk")


def test_the_reports_write_one_material_in_many_ways(company: Company) -> None:
    codes = [row[3] for row in reports(company)[1:]]

    assert all(code.strip().isdecimal() for code in codes)
    assert any(not code.isascii() for code in codes)
    assert any(code.startswith("0") for code in codes)
    assert any(code != code.strip() for code in codes)


def test_the_reports_hold_the_planted_faults(company: Company) -> None:
    company.advance(29)
    marks = company.marks()
    company.advance(30)
    _, *rows = reports(company)
    numbers = [int(row[3]) for row in rows]

    assert sum(number > SMALL.materials for number in numbers) == 1
    assert [row[5] for row in rows].count("停机") == 1
    assert len({row[0] for row in rows}) == len(rows) - 1
    assert company.planted(marks)["a word where a count should stand"] == 1
    assert company.mes.repeated(30, 29) == 1


def test_the_materials_of_the_mes_are_those_of_the_erp_by_another_name(
    company: Company,
) -> None:
    text = (company.mes.folder / "materials.csv").read_bytes().decode("gb18030")
    header, *rows = [line.split(",") for line in text.split("\r\n")]

    assert tuple(header) == MATERIAL_HEADER
    assert [(f"MAT-{int(row[0]):04}", row[1]) for row in rows] == [
        row[:2] for row in erp_rows(company, "materials")
    ]


def test_the_inspections_are_a_workbook_with_dates_and_codes_of_two_kinds(
    company: Company,
) -> None:
    newest = sorted((company.mes.folder / "quality").iterdir())[-1]
    sheet = CalamineWorkbook.from_path(str(newest)).get_sheet_by_index(0)
    header, *rows = sheet.to_python()

    assert sheet.name == "检验记录"
    assert tuple(header) == QUALITY_HEADER
    assert len(rows) == SMALL.inspections_per_day
    assert {type(row[2]) for row in rows} == {float, str}
    assert {str(row[1])[:10] for row in rows} == {"2026-02-01"}
    checked = [(float(str(row[3])), float(str(row[4]))) for row in rows]
    assert sum(failed > pieces for pieces, failed in checked) == 1


def test_a_day_changes_few_records_of_the_crm_and_stamps_every_one_of_them() -> None:
    before = CrmRecords.on(FIRST_DAY, seed=3, scale=SMALL)
    after = CrmRecords.on(FIRST_DAY + 1, seed=3, scale=SMALL)

    for old, new in ((before.customers, after.customers), (before.contacts, after.contacts)):
        changed = [record for record in new if record not in old]
        newest = max(str(record["updated_at"]) for record in old)
        assert 0 < len(changed) < len(new) // 10
        assert all(str(record["updated_at"]) > newest for record in changed)
        assert {record["id"] for record in old} < {record["id"] for record in new}


def test_phones_and_emails_are_typed_in_many_ways_but_hold_what_they_should() -> None:
    records = CrmRecords.on(FIRST_DAY, seed=3, scale=SMALL)
    phones = [str(record["phone"]) for record in (*records.customers, *records.contacts)]
    emails = [str(record["email"]) for record in records.contacts]

    digits = [[c for c in phone if c.isdecimal()] for phone in phones]
    assert {len(found) for found in digits} == {11}
    assert any(not phone.isascii() for phone in phones)
    assert any(" " in phone for phone in phones)
    assert any(email != email.lower() for email in emails)
    assert any(email != email.strip() for email in emails)
    assert (
        sum("@" not in email for email in emails)
        == records.planted()["an e-mail address without an @"]
    )


def test_wide_digits_are_decimal_digits_of_the_same_value() -> None:
    assert int(wide("2048")) == 2048
    assert not wide("2048").isascii()


def test_marks_tell_what_changed_since_and_include_what_stands_exactly_there(
    company: Company,
) -> None:
    everything, marks = company.planted(), company.marks()

    assert marks.day == FIRST_DAY
    assert company.planted(marks)["a report on a material nobody knows"] == 0
    assert sum(company.planted(marks).values()) < sum(everything.values())
    with closing(sqlite3.connect(company.erp.path)) as database, database:
        database.execute(
            "UPDATE order_lines SET quantity = 0 WHERE updated_at = ?", (marks.order_lines,)
        )
    assert company.planted(marks)["a quantity of zero or less"] > 0


def test_the_company_counts_its_rows(company: Company) -> None:
    erp = sum(len(erp_rows(company, table)) for table in TABLES)
    files = company.mes.folder.rglob("*.csv")
    csv = sum(len(path.read_bytes().split(b"\r\n")) - 1 for path in files)
    excel = 4 * SMALL.inspections_per_day

    assert company.rows() == erp + SMALL.customers + SMALL.contacts + csv + excel
    assert company.mes.files(company.day()) == len(drops(company))
