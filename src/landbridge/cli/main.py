"""The command `landbridge`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from landbridge.app.settings import process_settings
from landbridge.cli.commands import (
    demo,
    documents,
    preview,
    quarantine,
    run,
    secret,
    verify,
)
from landbridge.cli.commands import map as mappings
from landbridge.cli.output import Output
from landbridge.cli.session import Session

app = typer.Typer(
    name="landbridge",
    help="Joins an organisation's systems: every row copied, accounted for and proven.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
documents.register(app)
preview.register(app)
run.register(app)
verify.register(app)
demo.register(app)
app.add_typer(mappings.app, name="map")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(secret.app, name="secret")


@app.callback()
def root(
    context: typer.Context,
    *,
    project: Annotated[
        Path, typer.Option("--project", "-p", help="Folder of the project.")
    ] = Path(),
    as_json: Annotated[
        bool, typer.Option("--json", help="Answer with one JSON document.")
    ] = False,
    language: Annotated[
        str, typer.Option("--language", help="Language of sentences: en or zh.")
    ] = "",
    debug: Annotated[
        bool, typer.Option("--debug", help="Show tracebacks of unexpected failures.")
    ] = False,
) -> None:
    """Joins an organisation's systems: every row copied, accounted for and proven."""
    settings = process_settings(language)
    output = Output(settings.language, as_json=as_json)
    context.obj = Session(project, settings, output, debug)


def main() -> None:
    """Run the command line; `--json` may stand before or after the command."""
    arguments = sys.argv[1:]
    moved = [word for word in arguments if word == "--json"]
    rest = [word for word in arguments if word != "--json"]
    app(args=[*moved[:1], *rest], prog_name="landbridge")
