"""`docs/reference/connectors/`: what each connector can do and may be told."""

from dataclasses import fields
from importlib.metadata import entry_points
from inspect import cleandoc
from typing import Any

from landbridge.sdk.manifest import ConnectorManifest, SinkCapabilities, SourceCapabilities
from tools.generate.fields import cell, table
from tools.generate.pages import MARK, Pages

GROUP = "landbridge.connectors"
_FOLDER = "docs/reference/connectors"


def manifests() -> tuple[ConnectorManifest[Any], ...]:
    """Return the manifest of every connector that this installation finds, by name."""
    found = [entry.load() for entry in entry_points(group=GROUP)]
    return tuple(sorted(found, key=lambda manifest: str(manifest.name)))


def pages(every: tuple[ConnectorManifest[Any], ...]) -> Pages:
    """Return one page per connector and the table of all of them."""
    pages = {f"{_FOLDER}/{manifest.name}.md": _page(manifest) for manifest in every}
    pages[f"{_FOLDER}/index.md"] = _index(every)
    return pages


def _index(every: tuple[ConnectorManifest[Any], ...]) -> str:
    lines = [
        "# Connectors",
        "",
        MARK,
        "",
        "| connector | system | reads | writes | install |",
        "|---|---|---|---|---|",
    ]
    for manifest in every:
        reads = "yes" if manifest.source else "no"
        modes = ", ".join(sorted(manifest.writes.modes)) if manifest.writes else "no"
        link = f"[`{manifest.name}`]({manifest.name}.md)"
        lines.append(
            f"| {link} | {cell(manifest.title)} | {reads} | {modes} | {_install(manifest)} |"
        )
    return "\n".join([*lines, ""])


def _page(manifest: ConnectorManifest[Any]) -> str:
    lines = [f"# {manifest.title}", "", MARK, ""]
    lines += [f"`connector: {manifest.name}`. Installed by: {_install(manifest)}.", ""]
    if manifest.relatives:
        lines += [f"Also for: {', '.join(manifest.relatives)}.", ""]
    if manifest.generic:
        lines += ["Serves many systems and promises only what all of them do.", ""]
    lines += ["## Options", "", cleandoc(manifest.options.__doc__ or ""), ""]
    lines += [table(manifest.options, level=3)]
    if manifest.reads is not None:
        lines += ["## Reading", "", *_capabilities(manifest.reads), ""]
    if manifest.writes is not None:
        lines += ["## Writing", "", *_capabilities(manifest.writes), ""]
    return "\n".join(lines)


def _install(manifest: ConnectorManifest[Any]) -> str:
    extra = f"landbridge[{manifest.extra}]" if manifest.extra else "landbridge"
    return f"`pip install '{extra}'`" if manifest.extra else f"`pip install {extra}`"


def _capabilities(offered: SourceCapabilities | SinkCapabilities) -> list[str]:
    meanings = _attributes(type(offered))
    lines = ["| capability | offered | meaning |", "|---|---|---|"]
    for field in fields(offered):
        value = getattr(offered, field.name)
        if isinstance(value, bool):
            said = "yes" if value else "no"
        else:
            said = ", ".join(sorted(value))
        meaning = cell(meanings[field.name])
        lines.append(f"| {field.name.replace('_', ' ')} | {said} | {meaning} |")
    return lines


def _attributes(kind: type) -> dict[str, str]:
    """Return what the docstring of a value says about each of its attributes."""
    meanings: dict[str, str] = {}
    name = ""
    _, _, listed = cleandoc(kind.__doc__ or "").partition("Attributes:\n")
    for line in listed.splitlines():
        if line.startswith("    ") and not line.startswith("     "):
            name, _, line = line.strip().partition(": ")  # noqa: PLW2901  the rest is the text
        meanings[name] = f"{meanings.get(name, '')} {line.strip()}".strip()
    return meanings
