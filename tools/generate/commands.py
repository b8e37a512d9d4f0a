"""`docs/reference/cli.md`: every command, argument and option."""

from collections.abc import Iterator
from typing import Any

import typer.main
from typer.core import TyperGroup, TyperOption

from landbridge.cli.main import app
from tools.generate.fields import cell
from tools.generate.pages import MARK, Pages


def pages() -> Pages:
    """Return the page of commands."""
    root = typer.main.get_command(app)
    lines = ["# Commands", "", MARK, ""]
    lines += ["Exit status: 0 done, 1 failed, 2 bad input.", ""]
    lines += _section("landbridge", root, 2)
    return {"docs/reference/cli.md": "\n".join(lines)}


def _section(path: str, command: Any, level: int) -> Iterator[str]:
    yield f"{'#' * level} `{path}`"
    yield ""
    yield " ".join((command.help or "").split())
    yield ""
    parameters = [one for one in command.params if one.name != "help"]
    if parameters:
        yield "| parameter | default | meaning |"
        yield "|---|---|---|"
        for parameter in parameters:
            yield _row(parameter)
        yield ""
    if isinstance(command, TyperGroup):
        for name, child in sorted(command.commands.items()):
            if not child.hidden:
                yield from _section(f"{path} {name}", child, level + 1)


def _row(parameter: Any) -> str:
    if isinstance(parameter, TyperOption):
        name = ", ".join(f"`{flag}`" for flag in parameter.opts + parameter.secondary_opts)
    else:
        name = f"`{str(parameter.name).upper()}`"
    default = "required" if parameter.required else _default(parameter.default)
    return f"| {name} | {cell(default)} | {cell(parameter.help or '')} |"


def _default(value: object) -> str:
    return "" if value is None or value is False or callable(value) else f"`{value}`"
