"""The type matrix as a page, written from what was measured."""

from collections import Counter
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

_TITLE = "## From "
_VERDICTS = {"=": "equal", "≈": "lossy", "✗": "refused", "WRONG": "wrong"}


def page(cells: Cells, targets: Sequence[str]) -> str:
    """Return the page."""
    sources = list(dict.fromkeys(source for source, _, _ in cells))
    return "\n".join([_HEAD, *(_section(cells, source, targets) for source in sources)])


def renewed(before: str, part: str, order: Sequence[str]) -> str:
    """Return a page with the sections of another in place of its own of the same sources."""
    sections = {**_sections(before), **_sections(part)}
    kept = "\n".join(sections[name] for name in order if name in sections)
    return f"{_HEAD}\n{kept}"


def verdicts(text: str) -> Counter[str]:
    """Return how many cells of a page are of each verdict."""
    found: Counter[str] = Counter()
    for line in text.partition(_TITLE)[2].splitlines():
        for cell in line.split(" | ")[1:] if line.startswith("| ") else ():
            sign = cell.strip(" |").partition(" [")[0]
            verdict = "part" if sign.startswith("=,") else _VERDICTS.get(sign)
            if verdict is not None:
                found[verdict] += 1
    return found


def _sections(text: str) -> dict[str, str]:
    parts = text.split(_TITLE)[1:]
    return {part.partition("\n")[0]: f"{_TITLE}{part.rstrip()}\n" for part in parts}


def _section(cells: Cells, source: str, targets: Sequence[str]) -> str:
    cases = list(dict.fromkeys(case for system, case, _ in cells if system == source))
    notes: list[str] = []
    lines = [f"{_TITLE}{source}", "", f"| type | {' | '.join(targets)} |"]
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
