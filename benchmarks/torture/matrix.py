"""The type matrix as a page, written from what was measured."""

from collections.abc import Mapping, Sequence

from benchmarks.torture.trial import Outcome

Cells = Mapping[tuple[str, str, str], Outcome]
"""Outcome by source, case and target."""

_HEAD = """\
# Type matrix

Written by `make torture` from what it measured: for each source system, every type with
values at its edges, copied to every target and read back. Do not edit.

| sign | means |
|---|---|
| = | every value came back equal |
| =, −n | n rows were refused and kept in quarantine with the reason; the others are equal |
| ≈ | some values would change; refused unless a waiver accepts the named loss |
| ✗ | the column or a value is refused, and the reason named |

Numbers in brackets are notes below each table.
"""


def page(cells: Cells, targets: Sequence[str]) -> str:
    """Return the page."""
    sources = list(dict.fromkeys(source for source, _, _ in cells))
    return "\n".join([_HEAD, *(_section(cells, source, targets) for source in sources)])


def _section(cells: Cells, source: str, targets: Sequence[str]) -> str:
    cases = list(dict.fromkeys(case for system, case, _ in cells if system == source))
    notes: list[str] = []
    lines = [f"## From {source}", "", f"| type | {' | '.join(targets)} |"]
    lines.append("|---|" + "---|" * len(targets))
    for case in cases:
        signs = [_sign(cells[source, case, target], notes) for target in targets]
        lines.append(f"| {case.replace('|', '')} | {' | '.join(signs)} |")
    lines.append("")
    lines += [f"{at}. {_plain(note)}" for at, note in enumerate(notes, 1)]
    return "\n".join([*lines, ""])


def _sign(outcome: Outcome, notes: list[str]) -> str:
    if outcome.verdict == "equal":
        return "="
    if outcome.reason not in notes:
        notes.append(outcome.reason)
    note = f" [{notes.index(outcome.reason) + 1}]"
    match outcome.verdict:
        case "part":
            return f"=, −{outcome.refused_rows}{note}"
        case "lossy":
            return f"≈{note}"
        case "refused":
            return f"✗{note}"
        case _:
            return f"WRONG{note}"


def _plain(note: str) -> str:
    kept = "".join(sign if sign.isprintable() else "·" for sign in note)
    return (
        kept.replace("<", "&lt;").replace("|", "&#124;").replace("*", "\\*").replace("_", "\\_")
    )
