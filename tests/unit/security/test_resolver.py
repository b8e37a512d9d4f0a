"""References to secrets become secrets, or an error that says who was asked."""

import sys
import time
from pathlib import Path

import pytest
from pydantic import JsonValue

from landbridge.kernel.errors import SecretMissingError, SecretUnreadableError
from landbridge.kernel.secret import Secret
from landbridge.security.resolver import SecretResolver
from landbridge.security.vault import Vault, new_key
from landbridge.specs.documents import read_document
from landbridge.specs.faults import Where, nowhere
from landbridge.specs.secret_providers import (
    CommandSecrets,
    EnvSecrets,
    FileSecrets,
    SecretProvider,
)

DOCUMENT = (
    "kind: connection\n"
    "name: erp\n"
    "connector: postgres\n"
    "options:\n"
    "  host: db\n"
    "  password: ${secret:erp_password}\n"
    "  url: http://${secret:user}:${secret:erp_password}@x\n"
    "  tags: [a, '${secret:user}', {b: '${secret:user}!'}]\n"
    "  port: 1\n"
)


def written() -> tuple[dict[str, JsonValue], Where]:
    document = read_document(DOCUMENT.encode(), "connections/erp.yaml")
    assert document.spec is not None
    assert document.spec.kind == "connection"
    assert document.where is not None
    return document.spec.options, document.where.below("options")


def command(code: str, *, timeout_secs: int = 10) -> CommandSecrets:
    return CommandSecrets(
        command=(sys.executable, "-c", code, "{name}"), timeout_secs=timeout_secs
    )


def ask(folder: Path, provider: CommandSecrets) -> str:
    resolver = SecretResolver([provider], folder, {})
    return str(resolver.resolve({"a": "${secret:pw}"}, nowhere("x")).options["a"])


def test_references_are_replaced_wherever_they_stand(tmp_path: Path) -> None:
    options, where = written()
    environment = {"LANDBRIDGE_SECRET_ERP_PASSWORD": "hunter2", "LANDBRIDGE_SECRET_USER": "me"}

    resolved = SecretResolver([EnvSecrets()], tmp_path, environment).resolve(options, where)

    assert resolved.options == {
        "host": "db",
        "password": "hunter2",
        "url": "http://me:hunter2@x",
        "tags": ["a", "me", {"b": "me!"}],
        "port": 1,
    }
    assert resolved.secrets == {"hunter2", "me"}
    assert "hunter2" not in repr(resolved)
    assert options["password"] == "${secret:erp_password}"


def test_a_secret_that_looks_like_a_reference_is_not_one(tmp_path: Path) -> None:
    environment = {"S_A": "${secret:b}", "S_B": "hunter2"}
    resolver = SecretResolver([EnvSecrets(prefix="S_")], tmp_path, environment)
    resolved = resolver.resolve({"x": "${secret:a}"}, nowhere("x"))
    assert resolved.options == {"x": "${secret:b}"}


def test_the_first_provider_that_knows_answers(tmp_path: Path) -> None:
    key = new_key()
    vault = Vault(tmp_path / "secrets.yaml.enc", key)
    vault.put("erp_password", Secret("from file"))
    vault.put("user", Secret("from file"))
    environment = {
        "LANDBRIDGE_SECRET_KEY": key.reveal(),
        "LANDBRIDGE_SECRET_ERP_PASSWORD": "from env",
    }
    options, where = written()

    resolver = SecretResolver([EnvSecrets(), FileSecrets()], tmp_path, environment)

    assert resolver.resolve(options, where).options["url"] == "http://from file:from env@x"


def test_missing_secrets_are_all_named_with_place_and_who_was_asked(tmp_path: Path) -> None:
    options, where = written()
    providers: list[SecretProvider] = [
        EnvSecrets(),
        FileSecrets(),
        command("raise SystemExit(1)"),
    ]

    with pytest.raises(SecretMissingError) as failure:
        SecretResolver(providers, tmp_path, {}).resolve(options, where)

    told = str(failure.value)
    assert "connections/erp.yaml:6:3 options.password: no secret erp_password." in told
    assert "connections/erp.yaml:7:3 options.url: no secret user." in told
    assert "LANDBRIDGE_SECRET_ERP_PASSWORD" in told
    assert "secrets.yaml.enc, which does not exist" in told
    assert f"the command {Path(sys.executable).name}" in told
    assert failure.value.facts["secret"] == "erp_password, user"
    assert failure.value.facts["file"] == "connections/erp.yaml"


def test_a_file_that_has_the_secret_but_no_key_is_not_passed_over(tmp_path: Path) -> None:
    Vault(tmp_path / "secrets.yaml.enc", new_key()).put("pw", Secret("1"))
    resolver = SecretResolver([FileSecrets(), EnvSecrets()], tmp_path, {})
    with pytest.raises(SecretUnreadableError) as failure:
        resolver.resolve({"a": "${secret:pw}"}, nowhere("x"))
    assert failure.value.hint == "set LANDBRIDGE_SECRET_KEY"


def test_a_key_may_come_from_a_file_of_the_project(tmp_path: Path) -> None:
    key = new_key()
    (tmp_path / "key").write_text(key.reveal() + "\n", "utf-8")
    Vault(tmp_path / "s.enc", key).put("pw", Secret("1"))
    provider = FileSecrets(path="s.enc", key_file="key")
    resolver = SecretResolver([provider], tmp_path, {})
    assert resolver.resolve({"a": "${secret:pw}"}, nowhere("x")).options == {"a": "1"}


def test_a_command_is_told_the_name_and_loses_one_newline(tmp_path: Path) -> None:
    assert ask(tmp_path, command("import sys; print('<' + sys.argv[1] + '>\\n')")) == "<pw>\n"


def test_a_command_is_run_without_a_shell(tmp_path: Path) -> None:
    provider = CommandSecrets(command=("echo", "{name}; touch gone"))
    assert ask(tmp_path, provider) == "pw; touch gone"
    assert list(tmp_path.iterdir()) == []


def test_a_command_sees_the_environment_that_was_handed_in(tmp_path: Path) -> None:
    provider = command("import os; print(os.environ['VAULT'], end='')")
    resolver = SecretResolver([provider], tmp_path, {"VAULT": "v"})
    assert resolver.resolve({"a": "${secret:pw}"}, nowhere("x")).options == {"a": "v"}


@pytest.mark.parametrize(
    "code",
    [
        "import sys; print('hunter2'); print('hunter2', file=sys.stderr); sys.exit(3)",
        "import sys; sys.stdout.buffer.write(b'hunter2\\xff')",
        "import time; print('hunter2', flush=True); time.sleep(60)",
        "pass",
    ],
)
def test_a_failing_command_never_has_its_output_repeated(tmp_path: Path, code: str) -> None:
    with pytest.raises((SecretMissingError, SecretUnreadableError)) as failure:
        ask(tmp_path, command(code, timeout_secs=1))
    told = f"{failure.value} {failure.value.hint} {dict(failure.value.facts)}"
    assert "hunter2" not in told
    assert Path(sys.executable).name in told


def test_a_command_that_hangs_is_ended_with_what_it_started(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time;"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "time.sleep(60)"
    )
    began = time.monotonic()
    with pytest.raises(SecretUnreadableError, match="did not answer in 1 s"):
        ask(tmp_path, command(code, timeout_secs=1))
    assert time.monotonic() - began < 30


def test_a_command_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(SecretUnreadableError, match="no-such-program cannot be run"):
        ask(tmp_path, CommandSecrets(command=("/opt/no-such-program", "{name}")))


def test_a_provider_is_asked_once_for_each_secret(tmp_path: Path) -> None:
    code = "open('asked', 'a').write('x'); print('s')"
    resolver = SecretResolver([command(code)], tmp_path, {})
    for _ in range(3):
        resolver.resolve({"a": "${secret:pw}", "b": "${secret:pw}"}, nowhere("x"))
    assert (tmp_path / "asked").read_text("utf-8") == "x"


def test_a_text_alone_is_resolved_to_a_secret(tmp_path: Path) -> None:
    document = read_document(
        b"kind: project\nname: a\nstate: postgresql+psycopg://u:${secret:pw}@db/x\n",
        "landbridge.yaml",
    )
    assert document.where is not None
    where = document.where.below("state")
    resolver = SecretResolver([EnvSecrets(prefix="S_")], tmp_path, {"S_PW": "hunter2"})
    url = resolver.resolve_text("postgresql+psycopg://u:${secret:pw}@db/x", where)
    assert url.reveal() == "postgresql+psycopg://u:hunter2@db/x"
    with pytest.raises(SecretMissingError, match=r"landbridge\.yaml:3:1 state: no secret no"):
        resolver.resolve_text("${secret:no}", where)
