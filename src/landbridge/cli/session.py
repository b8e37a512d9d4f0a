"""What every command shares: where the project is, how to answer, how to fail."""

import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import typer

from landbridge.app.settings import Settings
from landbridge.app.workspace import Workspace
from landbridge.cli.output import Output
from landbridge.kernel.errors import (
    ConnectorMissingError,
    DocumentsInvalidError,
    GuaranteeRefusedError,
    LandbridgeError,
    OptionsInvalidError,
    SchemaChangedError,
    SecretMissingError,
    TypeRefusedError,
)

DONE, FAILED, BAD_INPUT = 0, 1, 2

_BAD_INPUT = (
    ConnectorMissingError,
    DocumentsInvalidError,
    GuaranteeRefusedError,
    OptionsInvalidError,
    SchemaChangedError,
    SecretMissingError,
    TypeRefusedError,
)


@dataclass(frozen=True, slots=True)
class Session:
    """One call of the command line.

    Attributes:
        folder: The project's folder.
        settings: What the environment says.
        output: Where answers go.
        debug: Show tracebacks of unexpected failures.
    """

    folder: Path
    settings: Settings
    output: Output
    debug: bool

    def workspace(self) -> Workspace:
        """Open the project; use the result in a `with` statement."""
        return Workspace.open(self.folder, self.settings)

    def run(self, command: Callable[[], int]) -> None:
        """Run a command and end the process with its exit code.

        Failures that we know are explained; an unexpected one is named, never printed as
        a traceback unless asked for. Exit codes: 0 done, 1 failed, 2 bad input.
        """
        try:
            code = command()
        except LandbridgeError as error:
            self.output.failure(error)
            code = BAD_INPUT if isinstance(error, _BAD_INPUT) else FAILED
        except KeyboardInterrupt:
            self.output.errors.print(self.output.text("interrupted"))
            code = FAILED
        # The boundary of the process.
        except Exception as error:  # noqa: BLE001  runtime boundary
            self._unexpected(error)
            code = FAILED
        raise typer.Exit(code)

    def _unexpected(self, error: Exception) -> None:
        if self.debug:
            traceback.print_exception(error, file=sys.stderr)
        what = f"{type(error).__name__}"
        if self.output.as_json:
            message = self.output.text("unexpected", what=what)
            self.output.document({"error": {"code": "internal", "message": message}})
        else:
            self.output.errors.print(self.output.text("unexpected", what=what), style="red")


def session_of(context: typer.Context) -> Session:
    """Return the session that the root command made."""
    found = context.obj
    if not isinstance(found, Session):
        raise TypeError("the root command did not run")
    return found
