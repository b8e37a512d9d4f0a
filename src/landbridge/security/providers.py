"""Where secrets are looked up: environment, encrypted file, command."""

import os
import re
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from typing_extensions import override

from landbridge.kernel.errors import SecretUnreadableError
from landbridge.kernel.secret import Secret
from landbridge.security.vault import Vault, key_of
from landbridge.specs.secret_providers import (
    CommandSecrets,
    EnvSecrets,
    FileSecrets,
    SecretProvider,
)


class Provider(Protocol):
    """Something that may know a secret."""

    def get(self, name: str) -> Secret | None:
        """Return the secret, or `None` when this provider does not have it.

        Raises:
            SecretUnreadableError: It should know but cannot tell: the next provider is
                then not asked, because it might hold an outdated value.
        """
        ...

    def described(self, name: str) -> str:
        """Return where it would have been, for people who look for it."""
        ...


class EnvProvider(Provider):
    """Environment variables, handed in."""

    def __init__(self, spec: EnvSecrets, environment: Mapping[str, str]) -> None:
        self._prefix = spec.prefix
        self._environment = environment

    @override
    def get(self, name: str) -> Secret | None:
        text = self._environment.get(self._variable(name))
        return None if text is None else Secret(text)

    @override
    def described(self, name: str) -> str:
        return f"the environment variable {self._variable(name)}"

    def _variable(self, name: str) -> str:
        return self._prefix + re.sub(r"\W", "_", name).upper()


class FileProvider(Provider):
    """The project's encrypted file."""

    def __init__(self, spec: FileSecrets, folder: Path, environment: Mapping[str, str]) -> None:
        self._spec = spec
        self._folder = folder
        self._environment = environment

    @override
    def get(self, name: str) -> Secret | None:
        vault = Vault(self._folder / self._spec.path)
        if name not in vault.names():
            return None
        key_file = self._folder / self._spec.key_file if self._spec.key_file else None
        key = key_of(self._environment, self._spec.key_env, key_file)
        if key is None:
            raise SecretUnreadableError(
                f"the secrets file {self._spec.path} has {name}, but there is no key",
                hint=f"set {self._spec.key_env}",
                secret=name,
            )
        return Vault(vault.path, key).get(name)

    @override
    def described(self, name: str) -> str:
        exists = (self._folder / self._spec.path).exists()
        return f"the file {self._spec.path}{'' if exists else ', which does not exist'}"


class CommandProvider(Provider):
    """A program that prints the secret. What it prints is never repeated in an error."""

    def __init__(
        self, spec: CommandSecrets, folder: Path, environment: Mapping[str, str]
    ) -> None:
        self._spec = spec
        self._folder = folder
        self._environment = environment

    @override
    def get(self, name: str) -> Secret | None:
        status, output = self._run(name)
        if status != 0:
            return None
        try:
            text = output.decode("utf-8")
        except UnicodeDecodeError as error:
            raise self._failed("printed something that is not UTF-8", name) from error
        text = text.removesuffix("\n").removesuffix("\r")
        return Secret(text) if text else None

    @override
    def described(self, name: str) -> str:
        return f"the command {self._program}"

    @property
    def _program(self) -> str:
        return Path(self._spec.command[0]).name

    def _run(self, name: str) -> tuple[int, bytes]:
        arguments = [part.replace("{name}", name) for part in self._spec.command]
        try:
            process = subprocess.Popen(  # noqa: S603  the project's own command, no shell
                arguments,
                cwd=self._folder,
                env=dict(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise self._failed("cannot be run", name) from error
        with process:
            try:
                output, _ = process.communicate(timeout=self._spec.timeout_secs)
            except subprocess.TimeoutExpired:
                _kill(process)
                secs = self._spec.timeout_secs
                raise self._failed(f"did not answer in {secs} s", name) from None
            return process.returncode, output

    def _failed(self, what: str, name: str) -> SecretUnreadableError:
        return SecretUnreadableError(
            f"the command {self._program} {what}",
            hint="run it by hand; `timeout_secs` is in landbridge.yaml",
            secret=name,
            program=self._program,
        )


def provider_of(spec: SecretProvider, folder: Path, environment: Mapping[str, str]) -> Provider:
    """Return the provider that a project's document describes."""
    match spec:
        case EnvSecrets():
            return EnvProvider(spec, environment)
        case FileSecrets():
            return FileProvider(spec, folder, environment)
        case CommandSecrets():
            return CommandProvider(spec, folder, environment)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the command and what it started, else their open pipe would keep us waiting."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (OSError, AttributeError):
        process.kill()
