"""Sets the scene: a company, the project that joins it, and the CRM that answers."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from landbridge.demo.company import Company, CrmServer, Marks, Scale, Temper
from landbridge.demo.company.crm import CrmCredentials
from landbridge.demo.template import crm_port, set_crm_port, write_project
from landbridge.kernel.clock import SystemClock
from landbridge.kernel.errors import OptionsInvalidError

CRM_SECRET = "crm_client_secret"  # noqa: S105  the name of a secret

_NOTE = "demo.json"
_TEMPER = Temper(token_uses=25, window_requests=30, error_every=11)
"""Certain to refuse, expire and fail in the course of a demo, and over in seconds."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a demo takes place, and how far the one before it came.

    Attributes:
        folder: Holds everything.
        company: The company, at the day that is to be copied.
        written: Whether the project is new.
        since: Up to where an earlier demo has copied, or None when none came to its end.
        begun: When what is to be copied now was first begun to be copied, in UTC.
    """

    folder: Path
    company: Company
    written: bool
    since: Marks | None
    begun: datetime

    @property
    def project(self) -> Path:
        """The project's folder."""
        return self.folder / "project"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that everything is copied into."""
        return self.folder / "warehouse.duckdb"

    def open_crm(self) -> CrmServer:
        """Start the CRM and tell the project where it answers; close it afterwards.

        It keeps the port it had, so that the project's document stays as it was, unless
        somebody else has taken it.
        """
        records, port = self.company.crm(), 0 if self.written else crm_port(self.project)
        try:
            crm = CrmServer(records, temper=_TEMPER, port=port)
        except OSError:
            crm = CrmServer(records, temper=_TEMPER)
        if crm.port != port:
            set_crm_port(self.project, crm.port)
        return crm

    def remember(self) -> None:
        """Note that everything up to now is copied: the next demo lives another day."""
        _Note(self.company.marks(), _now()).write(self.folder)


def standing_stage(folder: Path) -> Stage:
    """Return the stage of a demo that ran before, as it stands.

    Raises:
        OptionsInvalidError: No demo ran in this folder.
    """
    company = Company.find(folder / "company")
    if company is None or not (folder / "project" / "landbridge.yaml").exists():
        raise OptionsInvalidError(
            f"no demo has run in {folder}", hint=f"landbridge demo {folder}"
        )
    note = _Note.read(folder)
    return Stage(folder, company, written=False, since=note.marks, begun=note.at)


def set_stage(folder: Path, *, scale: Scale | None = None) -> Stage:
    """Build the company and its project, or go on where the last demo ended.

    After a demo that came to its end the company lives another day. One that was
    interrupted is taken up at the same day.

    Args:
        folder: Where everything lives; made when it is not there.
        scale: How large a new company is.
    """
    company = Company.find(folder / "company")
    built = company is None
    note = _Note.read(folder)
    if built or not (folder / "warehouse.duckdb").exists():
        note = _Note(None, _now())
        folder.mkdir(parents=True, exist_ok=True)
        note.write(folder)
    if company is None:
        company = Company.build(folder / "company", scale=scale)
    elif note.marks is not None and note.marks.day == company.day():
        company.advance()
    secrets: Mapping[str, str] = {CRM_SECRET: CrmCredentials().client_secret}
    written = write_project(folder / "project", secrets)
    return Stage(folder, company, written, note.marks, note.at)


@dataclass(frozen=True, slots=True)
class _Note:
    """What one demo leaves for the next: how far it came, and when."""

    marks: Marks | None
    at: datetime

    @classmethod
    def read(cls, folder: Path) -> "_Note":
        try:
            found = json.loads((folder / _NOTE).read_text(encoding="utf-8"))
            marks = None if found["marks"] is None else Marks(**found["marks"])
            return cls(marks, datetime.fromisoformat(found["at"]))
        except (OSError, ValueError, TypeError, KeyError):
            return cls(None, datetime.min.replace(tzinfo=UTC))

    def write(self, folder: Path) -> None:
        marks = None if self.marks is None else asdict(self.marks)
        writing = (folder / _NOTE).with_suffix(".writing")
        note = {"marks": marks, "at": self.at.isoformat()}
        writing.write_text(json.dumps(note), encoding="utf-8")
        writing.replace(folder / _NOTE)


def _now() -> datetime:
    return SystemClock().now()
