"""Sets the scene: a company, the project that joins it, and the CRM that answers."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from landbridge.demo.company import Company, CrmServer, Marks, Scale, Temper
from landbridge.demo.company.crm import CrmCredentials
from landbridge.demo.template import crm_port, set_crm_port, write_project

CRM_SECRET = "crm_client_secret"  # noqa: S105  the name of a secret

_TEMPER = Temper(token_uses=25, window_requests=30, error_every=11)
"""Certain to refuse, expire and fail in the course of a demo, and over in seconds."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a demo takes place, and how far the one before it came.

    Attributes:
        folder: Holds everything.
        company: The company, at the day that is to be copied.
        built: Whether the company is new.
        written: Whether the project is new.
        since: Up to where an earlier demo has copied, or None when nothing is copied.
    """

    folder: Path
    company: Company
    built: bool
    written: bool
    since: Marks | None

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
        note = self.folder / "demo.json"
        writing = note.with_suffix(".writing")
        writing.write_text(json.dumps(asdict(self.company.marks())), encoding="utf-8")
        writing.replace(note)


def set_stage(folder: Path, *, scale: Scale | None = None) -> Stage:
    """Build the company and its project, or go on where the last demo ended.

    After a demo that came to its end the company lives another day. One that was
    interrupted is taken up at the same day.

    Args:
        folder: Where everything lives; made when it is not there.
        scale: How large a new company is.
    """
    company = Company.find(folder / "company")
    since = _remembered(folder) if (folder / "warehouse.duckdb").exists() else None
    built = company is None
    if company is None:
        company = Company.build(folder / "company", scale=scale)
    elif since is not None and since.day == company.day():
        company.advance()
    secrets: Mapping[str, str] = {CRM_SECRET: CrmCredentials().client_secret}
    written = write_project(folder / "project", secrets)
    return Stage(folder, company, built, written, None if built else since)


def _remembered(folder: Path) -> Marks | None:
    try:
        return Marks(**json.loads((folder / "demo.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
