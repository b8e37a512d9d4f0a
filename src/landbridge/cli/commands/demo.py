"""`demo`: a small company, joined before your eyes."""

import threading
from pathlib import Path
from typing import Annotated

import typer

from landbridge.cli.session import DONE, FAILED, session_of


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(help="Where the company and its project live.")
    ] = Path(".demo"),
    *,
    serve: Annotated[
        bool,
        typer.Option("--serve", help="Only keep the CRM answering, to run the flows by hand."),
    ] = False,
) -> None:
    """Copy a company's ERP, CRM and MES into one DuckDB file, and prove it.

    Run it again: a day passes at the company, and only its changes are copied.
    """
    # The company is only needed here, and slow to import.
    from landbridge.demo.run import run_demo, serve_crm  # noqa: PLC0415  start-up time

    session = session_of(context)

    def command() -> int:
        if serve:
            console = session.output.console
            serve_crm(folder, session.settings, console, threading.Event().wait)
            return DONE
        report = run_demo(
            folder, session.settings, session.output.console, quiet=session.output.as_json
        )
        session.output.document(report)
        return DONE if report.proven else FAILED

    session.run(command)
