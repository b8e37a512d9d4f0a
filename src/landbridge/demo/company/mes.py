"""The MES: it drops files into a folder, in the encoding of the machine that wrote them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter

from landbridge.demo.company.materials import code_as_typed, in_use, material
from landbridge.demo.company.scale import FIRST_DAY, Scale, day_of, dice, moment
from landbridge.demo.company.words import OPERATORS, wide

ENCODING = "gb18030"

PRODUCTION_HEADER = (
    "报工单号", "班次", "产线", "物料编码",
    "计划数量", "合格数量", "不良数量", "操作员", "报工时间",
)  # fmt: skip
QUALITY_HEADER = (
    "检验单号", "检验时间", "物料编码", "抽检数量", "不合格数量", "结论", "检验员",
)  # fmt: skip
MATERIAL_HEADER = ("物料编码", "物料名称", "车间")

UNKNOWN_NUMBER = 9_900
"""Reports that name a material nobody knows name one above this number."""

_Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mes:
    """The folder of the MES. Each day's files are a function of seed and day alone.

    A file takes its name only when it is complete, so a reader never sees half of one, and
    dropping a day twice leaves the same bytes.
    """

    folder: Path
    seed: int
    scale: Scale

    def build(self) -> None:
        """Drop the list of materials and the files of the last `drop_days` days."""
        for pattern in ("production/production_*.csv", "quality/quality_*.xlsx"):
            for path in self.folder.glob(pattern):
                path.unlink()  # days that a former company lived, and this one has not yet
        numbers = range(1, self.scale.materials + 1)
        names = [(str(n), material(self.seed, n).name, f"{n % 3 + 1}号车间") for n in numbers]
        self._drop(self.folder / "materials.csv", (MATERIAL_HEADER, *names), separator=",")
        for day in range(FIRST_DAY - self.scale.drop_days + 1, FIRST_DAY + 1):
            self.live(day)

    def live(self, day: int) -> None:
        """Drop the production reports (CSV) and the inspections (Excel) of one day."""
        reports = self.folder / "production" / f"production_{day_of(day):%Y%m%d}.csv"
        self._drop(reports, (PRODUCTION_HEADER, *self._reports(day)), separator=";")
        self._drop_inspections(day)

    def planted(self, until: int, since: int = 0) -> dict[str, int]:
        """Count the rows no honest target should take, in the drops of the days stated.

        Args:
            until: The last day dropped.
            since: Count only the drops after this day; all when 0.
        """
        days = self._days(until, since)
        return {
            "a report on a material nobody knows": len(days),
            "a word where a count should stand": sum(_stood_still(day) for day in days),
            "more failures than pieces inspected": len(days),
        }

    def rows(self, until: int) -> int:
        """Count the rows of all files dropped until a day."""
        day = self.scale.reports_per_day + 1 + self.scale.inspections_per_day
        return self.scale.materials + day * len(self._days(until, 0))

    def files(self, until: int) -> int:
        """Count the files dropped until a day."""
        return 1 + 2 * len(self._days(until, 0))

    def repeated(self, until: int, since: int = 0) -> int:
        """Count the reports that a file holds twice, in the drops of the days stated."""
        return len(self._days(until, since))

    def _days(self, until: int, since: int) -> range:
        return range(max(since, FIRST_DAY - self.scale.drop_days) + 1, until + 1)

    def _quality(self, day: int) -> Path:
        return self.folder / "quality" / f"quality_{day_of(day):%Y%m%d}.xlsx"

    def _reports(self, day: int) -> list[_Row]:
        roll = dice(self.seed, "mes", "production", day)
        size = self.scale.reports_per_day
        times = sorted(moment(roll, day) for _ in range(size))
        rows: list[_Row] = []
        for index, when in enumerate(times, start=1):
            rows.append(self._report(roll, f"BG{day_of(day):%y%m%d}{index:04}", when))
        rows[1] = _with(rows[1], "物料编码", str(UNKNOWN_NUMBER + roll.randrange(99)))
        if _stood_still(day):
            rows[3] = _with(rows[3], "合格数量", "停机")
        rows.append(rows[5])  # sent twice, as a terminal does that missed the acknowledgement
        return rows

    def _report(self, roll: random.Random, number: str, when: str) -> _Row:
        planned = roll.choice((50, 100, 200, 500, 1000))
        bad = roll.choice((0, 0, 0, 1, 2, roll.randrange(10)))
        good = planned - bad - roll.choice((0, 0, 5))
        written = wide(str(good)) if roll.randrange(12) == 0 else str(good)
        code = code_as_typed(roll, in_use(roll, self.scale.materials))
        return (
            number,
            roll.choice(("白班", "夜班", "白班 ")),
            f"L{roll.randrange(1, 7)}",
            code,
            str(planned),
            written,
            str(bad),
            roll.choice(OPERATORS),
            when.replace("-", "/"),
        )

    def _drop(self, path: Path, rows: Sequence[_Row], *, separator: str) -> None:
        text = "\r\n".join(separator.join(row) for row in rows)
        path.parent.mkdir(parents=True, exist_ok=True)
        writing = path.with_suffix(".writing")
        writing.write_bytes(text.encode(ENCODING))
        writing.replace(path)

    def _drop_inspections(self, day: int) -> None:
        roll = dice(self.seed, "mes", "quality", day)
        path = self._quality(day)
        path.parent.mkdir(parents=True, exist_ok=True)
        writing = path.with_suffix(".writing")
        book = xlsxwriter.Workbook(str(writing))
        # A stated time of creation: otherwise the clock would be in the file.
        book.set_properties({"created": datetime(2026, 1, 1, tzinfo=UTC)})
        dates = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet = book.add_worksheet("检验记录")
        sheet.write_row(0, 0, QUALITY_HEADER)
        rows = range(1, self.scale.inspections_per_day + 1)
        times = sorted(moment(roll, day) for _ in rows)
        for index, when in zip(rows, times, strict=True):
            code = in_use(roll, self.scale.materials)
            checked = roll.choice((10, 20, 50))
            failed = checked + 3 if index == rows[1] else roll.choice((0, 0, 0, 0, 1, 2))
            result = "不合格" if failed > 1 else roll.choice(("合格", "合格", "让步接收"))
            sheet.write_string(index, 0, f"QC{day_of(day):%y%m%d}{index:03}")
            sheet.write_datetime(index, 1, datetime.fromisoformat(when), dates)
            if index % 4:
                sheet.write_number(index, 2, code)
            else:
                sheet.write_string(index, 2, f"{code:04}")
            sheet.write_row(index, 3, (checked, failed, result, roll.choice(OPERATORS)))
        book.close()
        writing.replace(path)


def _stood_still(day: int) -> bool:
    return day % 3 == 0


def _with(row: _Row, field: str, value: str) -> _Row:
    place = PRODUCTION_HEADER.index(field)
    return (*row[:place], value, *row[place + 1 :])
