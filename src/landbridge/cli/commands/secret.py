"""`secret`: the project's encrypted file of secrets."""

import sys
from typing import Annotated

import typer

from landbridge.app.vaults import project_vault, store_secret
from landbridge.cli.session import DONE, session_of
from landbridge.kernel.errors import SecretMissingError
from landbridge.kernel.secret import Secret
from landbridge.security.vault import new_key

app = typer.Typer(help="Secrets of the project, encrypted in a file.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="What documents write: ${secret:NAME}.")]


@app.command("key")
def key(context: typer.Context) -> None:
    """Make a new key. It is shown once and stored nowhere."""
    session = session_of(context)

    def command() -> int:
        with session.workspace() as workspace:
            _, spec = project_vault(workspace)
        made = new_key().reveal()
        session.output.say("secret_key", variable=spec.key_env)
        session.output.write(made)
        session.output.document({"variable": spec.key_env, "key": made})
        return DONE

    session.run(command)


@app.command("set")
def set_secret(context: typer.Context, name: Name) -> None:
    """Store a secret; it is asked for, or read from standard input when that is a pipe."""
    session = session_of(context)

    def command() -> int:
        output = session.output
        with session.workspace() as workspace:
            if sys.stdin.isatty():
                prompt = output.text("secret_prompt", name=name)
                given = typer.prompt(prompt, hide_input=True, err=True)
            else:
                given = sys.stdin.read().removesuffix("\n").removesuffix("\r")
            file = store_secret(workspace, name, Secret(str(given)))
        output.say("secret_stored", name=name, file=file)
        output.document({"name": name, "file": file})
        return DONE

    session.run(command)


@app.command("list")
def list_secrets(context: typer.Context) -> None:
    """List the names of stored secrets."""
    session = session_of(context)

    def command() -> int:
        with session.workspace() as workspace:
            names = project_vault(workspace)[0].names()
        for one in names:
            session.output.write(one)
        if not names:
            session.output.say("no_secrets")
        session.output.document({"names": names})
        return DONE

    session.run(command)


@app.command("remove")
def remove(context: typer.Context, name: Name) -> None:
    """Remove a stored secret."""
    session = session_of(context)

    def command() -> int:
        with session.workspace() as workspace:
            if not project_vault(workspace)[0].remove(name):
                raise SecretMissingError(f"no secret {name} is stored", secret=name)
        session.output.say("secret_removed", name=name)
        session.output.document({"removed": name})
        return DONE

    session.run(command)
