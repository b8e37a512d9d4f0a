"""The demo from beginning to end: `landbridge demo`."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from landbridge.app.copies import Selection
from landbridge.app.running import RunReport, run_flow
from landbridge.app.settings import Settings
from landbridge.app.workspace import Workspace
from landbridge.demo.catalogue import Words, words
from landbridge.demo.company import CrmServer, CrmStatistics, Scale
from landbridge.demo.company.scale import day_of
from landbridge.demo.findings import (
    material_lines,
    proof_lines,
    refused_lines,
    stream_lines,
)
from landbridge.demo.report import (
    MaterialLine,
    ProofLine,
    RefusedLine,
    Report,
    Step,
    StreamLine,
)
from landbridge.demo.stage import Stage, set_stage, standing_stage
from landbridge.telemetry.events import Event

FLOWS = ("masters", "sales", "shop_floor")
"""In this order: the later ones look up what the first one copies."""


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What a demo did and found.

    Attributes:
        folder: Where everything stands.
        day: The day of the company that was copied.
        rows: Rows that the three systems hold.
        streams: Ledger of each stream.
        failures: Why streams are not copied; empty when all are.
        refused: Rows in quarantine, by stream and reason.
        planted: Faults that were planted in what was copied.
        proofs: Each target compared with its source.
        materials: A few materials that all three systems know.
        crm: What the CRM served and refused.
        secs: How long the copying took.
        proven: Whether all is copied, balanced and equal, and exactly the faults refused.
    """

    folder: Path
    day: int
    rows: int
    streams: Sequence[StreamLine]
    failures: Sequence[str]
    refused: Sequence[RefusedLine]
    planted: int
    proofs: Sequence[ProofLine]
    materials: Sequence[MaterialLine]
    crm: CrmStatistics
    secs: float
    proven: bool = field(init=False)

    def __post_init__(self) -> None:
        proven = (
            not self.failures
            and bool(self.proofs)
            and all(line.counts.balanced for line in self.streams)
            and all(line.equal for line in self.proofs)
            and sum(line.rows for line in self.refused) == self.planted
        )
        object.__setattr__(self, "proven", proven)


def run_demo(
    folder: Path,
    settings: Settings,
    console: Console,
    *,
    quiet: bool = False,
    scale: Scale | None = None,
) -> DemoReport:
    """Copy a small company's ERP, CRM and MES into one DuckDB file, and prove it.

    Run again in the same folder, the company has lived another day and only its changes
    are copied. A demo that was interrupted is taken up where it was.

    Args:
        folder: Where company, project and warehouse live; made when it is not there.
        settings: Language of sentences, and the environment for the project's secrets.
        console: Where sentences and tables go.
        quiet: Write nothing.
        scale: How large a new company is.

    Raises:
        LandbridgeError: The project cannot be opened, or nothing could be begun.
    """
    text = words(settings.language)
    shown = Report(Console(quiet=True) if quiet else console, text)
    stage = set_stage(folder, scale=scale)
    with stage.open_crm() as crm:
        _introduce(shown, text, stage, crm)
        with Workspace.open(stage.project, settings) as workspace:
            found = _copied(stage, workspace, crm)
    if found.proven:
        stage.remember()
    _show(shown, text, found, _program(settings))
    return found


def serve_crm(
    folder: Path, settings: Settings, console: Console, wait: Callable[[], object]
) -> None:
    """Keep the CRM of a demo answering, so that its flows can be run and verified by hand.

    Args:
        folder: Where a demo ran before.
        settings: Language of sentences.
        console: Where the address is said.
        wait: Returns, or raises `KeyboardInterrupt`, when the CRM is to stop.

    Raises:
        OptionsInvalidError: No demo ran in this folder.
    """
    stage = standing_stage(folder)
    with stage.open_crm() as crm:
        text = words(settings.language)
        Report(console, text).say(text.serving.format(url=crm.url))
        with suppress(KeyboardInterrupt):
            wait()


def _copied(stage: Stage, workspace: Workspace, crm: CrmServer) -> DemoReport:
    """Run every flow, then ask what became of the rows."""
    began = time.monotonic()
    reports = [run_flow(workspace, flow, Selection(), _unheard) for flow in FLOWS]
    secs = time.monotonic() - began
    statistics = crm.statistics
    failures = _failures(reports)
    return DemoReport(
        folder=stage.folder,
        day=stage.company.day(),
        rows=stage.company.rows(),
        streams=stream_lines(workspace, reports),
        failures=failures,
        refused=refused_lines(workspace, stage.begun),
        planted=sum(stage.company.planted(stage.since).values()),
        proofs=() if failures else proof_lines(workspace, FLOWS),
        materials=() if failures else material_lines(stage.warehouse),
        crm=statistics,
        secs=round(secs, 2),
    )


def _failures(reports: Sequence[RunReport]) -> Sequence[str]:
    failed = [
        f"{report.flow}.{one.node}: [{one.error.code}] {one.error}"
        for report in reports
        for one in report.failures
    ]
    skipped = [f"{report.flow}.{name}" for report in reports for name in report.skipped]
    return [*failed, *skipped]


def _introduce(shown: Report, text: Words, stage: Stage, crm: CrmServer) -> None:
    company, date = stage.company, day_of(stage.company.day())
    shown.say(text.title, style="bold")
    shown.say((text.advanced if stage.since else text.built).format(date=date))
    shown.say(f"  {text.erp.format(rows=f'{company.erp.rows():,}')}")
    shown.say(f"  {text.crm.format(url=crm.url)}")
    shown.say(f"  {text.mes.format(files=company.mes.files(company.day()))}")
    sentence = text.project_written if stage.written else text.project_kept
    shown.say(sentence.format(folder=stage.project))


def _show(shown: Report, text: Words, found: DemoReport, program: str) -> None:
    shown.ledger(found.streams)
    read = sum(line.counts.read for line in found.streams)
    shown.say(text.moved.format(read=f"{read:,}", secs=found.secs, rows=f"{found.rows:,}"))
    for failure in found.failures:
        shown.say(failure, style="red")
    _show_trouble(shown, text, found.crm)
    _show_quarantine(shown, text, found)
    if found.proofs:
        shown.proof(found.proofs)
    if found.materials:
        shown.materials(found.materials)
    if found.proven:
        shown.steps(_steps(text, found, program))
    else:
        shown.head(text.failed)


def _show_trouble(shown: Report, text: Words, crm: CrmStatistics) -> None:
    if not (crm.limited or crm.failed or crm.unauthorised):
        return
    shown.say(
        text.crm_trouble.format(
            limited=crm.limited,
            failed=crm.failed,
            expired=crm.unauthorised,
            records=f"{crm.records:,}",
        )
    )


def _show_quarantine(shown: Report, text: Words, found: DemoReport) -> None:
    shown.quarantine(found.refused)
    refused = sum(line.rows for line in found.refused)
    if refused == found.planted:
        shown.say(text.planted.format(count=refused))
    else:
        sentence = text.planted_differ.format(planted=found.planted, found=refused)
        shown.say(sentence, style="red")


def _program(settings: Settings) -> str:
    """Return how the reader calls us: by name, or by path where the name is not found."""
    if shutil.which("landbridge", path=settings.environment.get("PATH", "")):
        return "landbridge"
    return os.path.relpath(Path(sys.executable).with_name("landbridge"))


def _steps(text: Words, found: DemoReport, program: str) -> Sequence[Step]:
    project = f"{program} -p {found.folder / 'project'}"
    return (
        Step(f"{project} quarantine list", text.next_quarantine),
        Step(f"{project} runs", text.next_runs),
        Step(f"{project} verify sales", text.next_verify),
        Step(f"{program} demo {found.folder} --serve", text.next_serve),
        Step(f"{program} demo {found.folder}", text.next_again),
    )


def _unheard(event: Event) -> None:
    del event
