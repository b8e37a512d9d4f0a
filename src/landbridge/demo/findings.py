"""What a demo finds out from the project's state and the warehouse."""

import re
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime
from itertools import groupby
from pathlib import Path

import duckdb

from landbridge.app.copies import Selection
from landbridge.app.running import RunReport
from landbridge.app.verifying import verify_flow
from landbridge.app.workspace import Workspace
from landbridge.data.ledger import Counts
from landbridge.demo.report import MaterialLine, ProofLine, RefusedLine, StreamLine
from landbridge.store.quarantine import KeptRow, Search

_VALUES = re.compile(r"'[^']*'|-?\d+")
"""Parts of a reason that differ from row to row."""

_ALL = 1_000_000

_THREE_SYSTEMS = """
WITH ordered AS (
    SELECT material_code, sum(quantity) AS pieces FROM fact_order_line GROUP BY 1
), produced AS (
    SELECT material_code, sum(good) AS pieces FROM fact_production GROUP BY 1
), inspected AS (
    SELECT material_code, sum(inspected) AS pieces FROM fact_inspection GROUP BY 1
)
SELECT material_code, material_name, mes_code,
    ordered.pieces, produced.pieces, inspected.pieces
FROM dim_material
JOIN ordered USING (material_code)
JOIN produced USING (material_code)
JOIN inspected USING (material_code)
ORDER BY inspected.pieces DESC, material_code
LIMIT 3
"""


def stream_lines(workspace: Workspace, reports: Iterable[RunReport]) -> Sequence[StreamLine]:
    """Return the ledger of every stream that ran."""
    lines: list[StreamLine] = []
    for report in reports:
        flow = workspace.flow(report.flow)
        sources = {node.name: node.source.connection for node in flow.nodes}
        for one in report.streams:
            counts = Counts(
                one.read_rows,
                one.written_rows,
                one.filtered_rows,
                one.quarantined_rows,
                one.superseded_rows,
            )
            source = f"{sources[one.node]}.{one.stream}"
            lines.append(StreamLine(source, one.target, counts))
    return lines


def refused_lines(workspace: Workspace, since: datetime) -> Sequence[RefusedLine]:
    """Return what was refused since a moment, by stream, field and reason.

    Runs that were killed count as well. A row that stands exactly where the last run ended
    is read again, and may be refused again: it counts once.
    """
    found = workspace.state.quarantine.find(Search(limit=_ALL))
    since = since.replace(tzinfo=None)
    recent = [row for row in found if row.kept_at.replace(tzinfo=None) >= since]
    kept = {(row.row.load_id, row.row.content): row for row in recent}.values()
    lines: list[RefusedLine] = []
    for (stream, field, _), group in groupby(sorted(kept, key=_cause), key=_cause):
        rows = list(group)
        first = min(rows, key=lambda one: one.row.row).row
        lines.append(RefusedLine(stream, field, first.reason, len(rows), first.content))
    return lines


def proof_lines(workspace: Workspace, flows: Iterable[str]) -> Sequence[ProofLine]:
    """Compare every target of these flows with its source, by content."""
    lines: list[ProofLine] = []
    for flow in flows:
        for one in verify_flow(workspace, flow, Selection(), repair=False):
            found, error = one.found, one.error
            if found is None:
                lines.append(ProofLine(one.target, 0, 0, equal=False, error=str(error)))
            else:
                lines.append(ProofLine(one.target, found.source, found.target, found.equal))
    return lines


def material_lines(warehouse: Path) -> Sequence[MaterialLine]:
    """Return the materials inspected most, with what each of the systems says of them."""
    with closing(duckdb.connect(str(warehouse), read_only=True)) as database:
        rows = database.execute(_THREE_SYSTEMS).fetchall()
    return [
        MaterialLine(str(code), str(name), str(mes), int(ordered), int(produced), int(seen))
        for code, name, mes, ordered, produced, seen in rows
    ]


def _cause(kept: KeptRow) -> tuple[str, str, str]:
    return kept.row.stream, kept.row.field, _VALUES.sub("…", kept.row.reason)
