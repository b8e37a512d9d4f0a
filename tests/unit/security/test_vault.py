"""The file of secrets: what it keeps, what it shows, what damages it survives."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from landbridge.kernel.errors import SecretUnreadableError
from landbridge.kernel.secret import Secret
from landbridge.security.vault import KEY_PREFIX, Vault, key_of, new_key


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "secrets.yaml.enc", new_key())


@pytest.mark.parametrize("text", ["hunter2", "", "物料 😀\n'\"", "x" * 10_000])
def test_a_secret_comes_back_as_it_was_put(vault: Vault, text: str) -> None:
    vault.put("erp_password", Secret(text))
    assert vault.get("erp_password") == Secret(text)


def test_a_pass_phrase_is_a_key_too(tmp_path: Path) -> None:
    path = tmp_path / "s.enc"
    Vault(path, Secret("correct horse")).put("a", Secret("1"))
    assert Vault(path, Secret("correct horse")).get("a") == Secret("1")
    with pytest.raises(SecretUnreadableError, match="does not fit"):
        Vault(path, Secret("wrong horse")).get("a")


def test_names_are_read_without_a_key_and_values_are_not(vault: Vault) -> None:
    vault.put("b", Secret("2"))
    vault.put("a.b-c", Secret("1"))
    keyless = Vault(vault.path)
    assert keyless.names() == ("a.b-c", "b")
    with pytest.raises(SecretUnreadableError, match="has no key"):
        keyless.get("b")


def test_the_file_shows_names_only(vault: Vault) -> None:
    vault.put("erp_password", Secret("hunter2"))
    text = vault.path.read_text("utf-8")
    assert "erp_password" in text
    assert "hunter2" not in text
    assert stat.S_IMODE(vault.path.stat().st_mode) & 0o077 == 0


def test_a_change_touches_one_line(vault: Vault) -> None:
    for name in ("a", "b", "c"):
        vault.put(name, Secret(name))
    before = vault.path.read_text("utf-8").splitlines()
    vault.put("b", Secret("new"))
    after = vault.path.read_text("utf-8").splitlines()
    assert [old == new for old, new in zip(before, after, strict=True)].count(False) == 1


def test_a_wrong_key_neither_reads_nor_adds(vault: Vault) -> None:
    vault.put("a", Secret("1"))
    stranger = Vault(vault.path, new_key())
    with pytest.raises(SecretUnreadableError, match="does not fit"):
        stranger.get("a")
    with pytest.raises(SecretUnreadableError, match="does not fit"):
        stranger.put("b", Secret("2"))
    assert vault.names() == ("a",)


def test_values_cannot_be_swapped_between_names(vault: Vault) -> None:
    vault.put("a", Secret("1"))
    vault.put("b", Secret("2"))
    lines = vault.path.read_text("utf-8").splitlines(keepends=True)
    values = [line.split(": ", 1)[1] for line in lines[-2:]]
    lines[-2:] = [f'  "a": {values[1]}', f'  "b": {values[0]}']
    vault.path.write_text("".join(lines), "utf-8")
    with pytest.raises(SecretUnreadableError, match="a is damaged"):
        vault.get("a")


def test_a_removed_secret_is_gone_and_the_rest_stays(vault: Vault) -> None:
    vault.put("a", Secret("1"))
    vault.put("b", Secret("2"))
    assert Vault(vault.path).remove("a")
    assert not vault.remove("a")
    assert vault.get("a") is None
    assert vault.get("b") == Secret("2")
    assert vault.remove("b")
    assert vault.names() == ()


def test_an_absent_file_has_no_secrets(vault: Vault) -> None:
    assert vault.names() == ()
    assert vault.get("a") is None
    assert not vault.remove("a")


@pytest.mark.parametrize("name", ["", "1a", "a b", "a\n", "../a", "-a", "a" * 128, "物料"])
def test_a_malformed_name_is_refused(vault: Vault, name: str) -> None:
    with pytest.raises(SecretUnreadableError):
        vault.put(name, Secret("1"))
    assert not vault.path.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"[]", b"format: 2", b"format: 1\nsalt: x\ncheck: y\nsecrets: {a: 1}", b"{"],
)
def test_a_damaged_file_is_an_error_that_names_it(vault: Vault, content: bytes) -> None:
    vault.path.write_bytes(content)
    with pytest.raises(SecretUnreadableError, match=r"secrets\.yaml\.enc is damaged"):
        vault.names()


@pytest.mark.parametrize("key", [f"{KEY_PREFIX}short", f"{KEY_PREFIX}物料", KEY_PREFIX])
def test_a_malformed_key_is_an_error_that_does_not_repeat_it(tmp_path: Path, key: str) -> None:
    with pytest.raises(SecretUnreadableError) as failure:
        Vault(tmp_path / "s", Secret(key)).put("a", Secret("1"))
    assert KEY_PREFIX not in str(failure.value)


def test_the_key_is_the_variable_then_the_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("from file\n", "utf-8")
    assert key_of({"K": " from env\n"}, "K", path) == Secret("from env")
    assert key_of({}, "K", path) == Secret("from file")
    assert key_of({}, "K", None) is None
    with pytest.raises(SecretUnreadableError, match="key file"):
        key_of({}, "K", tmp_path / "gone")


KILLED_WRITER = """
import os, sys
from pathlib import Path
from landbridge.kernel.secret import Secret
from landbridge.security.vault import Vault

os.fsync = lambda handle: os.kill(os.getpid(), 9)
Vault(Path(sys.argv[1]), Secret(sys.argv[2])).put("b", Secret("2"))
"""


def test_a_writer_killed_half_way_leaves_the_old_file(vault: Vault) -> None:
    vault.put("a", Secret("1"))
    key = vault.key.reveal() if vault.key else ""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", KILLED_WRITER, str(vault.path), key]
    assert subprocess.run(command, env=environment, check=False).returncode == -9
    assert vault.names() == ("a",)
    assert vault.get("a") == Secret("1")
