"""Writes the demo's project: the documents of this package, told where the CRM answers."""

import re
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from landbridge.kernel.secret import Secret
from landbridge.security.vault import Vault, new_key

_CRM = Path("connections", "crm.yaml")
_ADDRESS = re.compile(r"(?<=http://127\.0\.0\.1:)\d+")


def write_project(folder: Path, secrets: Mapping[str, str]) -> bool:
    """Write the documents into `folder` unless a project is there already.

    What a user changed in them stays as it is.

    Args:
        folder: The project's folder.
        secrets: What its encrypted file of secrets is to hold, under a fresh key.

    Returns:
        Whether they were written.
    """
    if (folder / "landbridge.yaml").exists():
        return False
    _write_secrets(folder, secrets)
    template = files("landbridge.demo").joinpath("project")
    # The project's own document last: without it, a killed demo begins again here.
    for entry in sorted(template.iterdir(), key=lambda one: one.is_file()):
        _copy(entry, folder / entry.name)
    return True


def crm_port(folder: Path) -> int:
    """Return the port of the loopback where the project looks for the CRM, or 0."""
    found = _ADDRESS.search((folder / _CRM).read_text(encoding="utf-8"))
    return int(found[0]) if found else 0


def set_crm_port(folder: Path, port: int) -> None:
    """Tell the project where the CRM answers; changes nothing else of the document."""
    document = folder / _CRM
    text = document.read_text(encoding="utf-8")
    document.write_text(_ADDRESS.sub(str(port), text), encoding="utf-8")


def _write_secrets(folder: Path, secrets: Mapping[str, str]) -> None:
    key = new_key()
    key_file = folder / ".landbridge" / "secrets.key"
    key_file.parent.mkdir(parents=True, exist_ok=True)
    key_file.unlink(missing_ok=True)
    key_file.touch(mode=0o600)
    key_file.write_text(key.reveal(), encoding="utf-8")
    (folder / ".gitignore").write_text(".landbridge/\n", encoding="utf-8")
    vault = Vault(folder / "secrets.yaml.enc", key)
    vault.path.unlink(missing_ok=True)
    for name, text in secrets.items():
        vault.put(name, Secret(text))


def _copy(entry: Traversable, place: Path) -> None:
    if entry.is_file():
        place.write_bytes(entry.read_bytes())
        return
    place.mkdir(exist_ok=True)
    for child in entry.iterdir():
        _copy(child, place / child.name)
