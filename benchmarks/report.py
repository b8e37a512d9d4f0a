"""How every benchmark and kill suite reports: a line per figure, and the same as JSON."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

RESULTS = Path(__file__).parent / "results"
_PACKAGES = (
    "landbridge",
    "pyarrow",
    "duckdb",
    "adbc-driver-postgresql",
    "pgpq",
    "psycopg",
    "pymysql",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    Attributes:
        name: What it is, without spaces.
        value: The number.
        unit: Its unit.
        target: The bound it is held to, or None when it is only told.
        sense: Whether more or less is better.
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    sense: Literal["at_least", "at_most"] = "at_least"

    @property
    def ok(self) -> bool:
        """Whether the bound is met."""
        if self.target is None:
            return True
        return (
            self.value >= self.target if self.sense == "at_least" else self.value <= self.target
        )

    def line(self) -> str:
        """Return the line that is printed."""
        if self.target is None:
            return f"{self.name} {self.value:.4g} {self.unit}"
        sign = "" if self.sense == "at_least" else "<="
        verdict = "ok" if self.ok else "short"
        return (
            f"{self.name} {self.value:.4g} {self.unit} target {sign}{self.target:g} {verdict}"
        )


@dataclass(slots=True)
class Report:
    """Figures of one suite.

    Attributes:
        name: Name of the suite and of its file of results.
        seeds: Seeds that repeat the run.
        checks: Content checks by name, each passed or not.
        missing: Peers that could not be installed, with the reason.
        details: Whatever else helps a reader.
    """

    name: str
    seeds: Sequence[int] = ()
    figures: list[Figure] = field(default_factory=list)
    checks: dict[str, bool] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    details: dict[str, object] = field(default_factory=dict)

    def add(self, figure: Figure) -> None:
        """Keep a figure and print its line."""
        self.figures.append(figure)
        print(figure.line(), flush=True)

    def check(self, name: str, *, passed: bool) -> None:
        """Keep the outcome of a content check; a failed one fails the suite."""
        self.checks[name] = self.checks.get(name, True) and passed
        if not passed:
            print(f"CONTENT CHECK FAILED: {name}", flush=True)

    def finish(self, *, record: bool = True) -> int:
        """Print every line once more, write the file, and return the exit code."""
        print(f"--- {self.name}", flush=True)
        for figure in self.figures:
            print(figure.line())
        for peer, reason in self.missing.items():
            print(f"missing peer {peer}: {reason}")
        passed = all(self.checks.values())
        verdict = "ok" if passed else "short"
        held = sum(self.checks.values())
        print(f"content_checks {held} of {len(self.checks)} {verdict}")
        if record:
            self._write()
        return 0 if passed and all(figure.ok for figure in self.figures) else 1

    def _write(self) -> None:
        RESULTS.mkdir(exist_ok=True)
        content = {
            "name": self.name,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine(),
            "versions": versions(),
            "seeds": list(self.seeds),
            "figures": [{**asdict(one), "ok": one.ok} for one in self.figures],
            "checks": self.checks,
            "missing_peers": self.missing,
            "details": self.details,
        }
        path = RESULTS / f"{self.name}.json"
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def machine() -> Mapping[str, object]:
    """Return what the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
        "system": platform.platform(),
        "python": sys.version.split()[0],
    }


def versions() -> Mapping[str, str]:
    """Return the versions of what was measured."""
    found: dict[str, str] = {"commit": _commit()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"
