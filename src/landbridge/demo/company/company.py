"""The company as a whole: built once, then moved forward a day at a time."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from landbridge.demo.company.crm_records import CrmRecords
from landbridge.demo.company.erp import Erp
from landbridge.demo.company.mes import Mes
from landbridge.demo.company.scale import Scale


@dataclass(frozen=True, slots=True)
class Marks:
    """How far each list of the company has come: its day, and its newest moments."""

    day: int = 0
    materials: str = ""
    order_lines: str = ""
    contacts: str = ""


@dataclass(frozen=True, slots=True)
class Company:
    """A folder with the ERP's database and the MES's drops, and the seed of the CRM.

    Everything follows from `seed`, `scale` and the day the company stands at: two
    companies with the same three hold the same rows.
    """

    folder: Path
    seed: int
    scale: Scale

    @classmethod
    def build(cls, folder: Path, seed: int = 7, *, scale: Scale | None = None) -> "Company":
        """Make a company in `folder`, standing at its first day.

        A build that was interrupted is done again; one that was finished is replaced.
        """
        company = cls(folder, seed, scale or Scale())
        folder.mkdir(parents=True, exist_ok=True)
        company._charter.unlink(missing_ok=True)
        company.erp.path.unlink(missing_ok=True)
        company.mes.build()
        company.erp.build()
        charter = {"seed": seed, "scale": asdict(company.scale)}
        writing = company._charter.with_suffix(".writing")
        writing.write_text(json.dumps(charter, indent=2), encoding="utf-8")
        writing.replace(company._charter)
        return company

    @classmethod
    def find(cls, folder: Path) -> "Company | None":
        """Return the company that stands in `folder`, or `None` when none was finished."""
        charter = folder / "company.json"
        if not charter.exists():
            return None
        facts = json.loads(charter.read_text(encoding="utf-8"))
        company = cls(folder, facts["seed"], Scale(**facts["scale"]))
        return company if company.erp.path.exists() else None

    @property
    def erp(self) -> Erp:
        """The ERP, a SQLite database."""
        return Erp(self.folder / "erp.sqlite", self.seed, self.scale)

    @property
    def mes(self) -> Mes:
        """The MES, a folder of dropped files."""
        return Mes(self.folder / "mes", self.seed, self.scale)

    def crm(self) -> CrmRecords:
        """Return the records of the CRM as they stand today, to be served."""
        return CrmRecords.on(self.day(), seed=self.seed, scale=self.scale)

    def day(self) -> int:
        """Return the number of the day the company stands at."""
        return self.erp.day()

    def advance(self, day: int | None = None) -> int:
        """Live every day up to `day`, by default the next one, and return where it stands.

        A day already lived is not lived again, so repeating a call changes nothing.
        """
        today = self.day()
        target = today + 1 if day is None else day
        for number in range(today + 1, target + 1):
            self.mes.live(number)
            self.erp.live(number)  # last: it is the ERP that remembers the day
        return max(today, target)

    def rows(self) -> int:
        """Count the rows of all three systems."""
        crm = self.crm()
        mes = self.mes.rows(self.day())
        return self.erp.rows() + len(crm.customers) + len(crm.contacts) + mes

    def marks(self) -> Marks:
        """Return how far each list has come, to be handed to `planted` on a later day."""
        return Marks(
            day=self.day(),
            materials=self.erp.newest("materials"),
            order_lines=self.erp.newest("order_lines"),
            contacts=str(self.crm().contacts[-1]["updated_at"]),
        )

    def planted(self, since: Marks | None = None) -> Mapping[str, int]:
        """Count, by fault, the rows that no honest target should take.

        Args:
            since: Count only what was touched since these marks, what stands exactly at
                them included, as whoever reads on from there sees it again.
        """
        marks = since or Marks()
        return {
            **self.erp.planted(marks.order_lines),
            "a word where a price should stand": self.erp.unpriced(marks.materials),
            **self.crm().planted(marks.contacts),
            **self.mes.planted(self.day(), marks.day),
        }

    @property
    def _charter(self) -> Path:
        return self.folder / "company.json"
