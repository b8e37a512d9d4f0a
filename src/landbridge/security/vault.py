"""A file of secrets: names in clear, values encrypted, fit to live in Git."""

import base64
import binascii
import contextlib
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from landbridge.kernel.errors import SecretUnreadableError
from landbridge.kernel.secret import Secret
from landbridge.specs.faults import Where
from landbridge.specs.judge import judge
from landbridge.specs.spec import Spec
from landbridge.specs.yaml_reader import read_yaml

KEY_PREFIX: Final = "lbk1_"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_SCRYPT_COST = 1 << 15
_CHECK_NAME = "\0check"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,126}", re.ASCII)
_HEAD = """\
# Secrets of this project: names in clear, values encrypted with AES-256-GCM.
# A line may be removed by hand.
"""


class VaultFile(Spec):
    """The file as written.

    Attributes:
        format: Version of this layout.
        salt: Mixed into a pass phrase, base64.
        check: Encrypted by the same key as the values, so that a wrong key shows.
        secrets: Nonce and cipher text, base64, by name; bound to the name.
    """

    format: Literal[1]
    salt: str
    check: str
    secrets: dict[str, str]


def new_key() -> Secret:
    """Return a fresh random key, in the form that `LANDBRIDGE_SECRET_KEY` takes."""
    return Secret(
        KEY_PREFIX + base64.urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
    )


@dataclass(frozen=True, slots=True)
class Vault:
    """One file of secrets. Reading and writing values needs the key; names do not.

    The key is either random, from `new_key`, or a pass phrase, which is stretched with
    scrypt and so costs a tenth of a second for each call.

    Attributes:
        path: The file; it need not exist before the first `put`.
        key: Key or pass phrase.
    """

    path: Path
    key: Secret | None = None

    def names(self) -> tuple[str, ...]:
        """Return the names of the secrets, sorted.

        Raises:
            SecretUnreadableError: The file is damaged.
        """
        content = self._read()
        return tuple(sorted(content.secrets)) if content is not None else ()

    def get(self, name: str) -> Secret | None:
        """Return a secret, or `None` when the file does not have it.

        Raises:
            SecretUnreadableError: There is no key, it does not fit, or the file is damaged.
        """
        content = self._read()
        if content is None or name not in content.secrets:
            return None
        return Secret(self._open(self._cipher(content), name, content.secrets[name]))

    def put(self, name: str, secret: Secret) -> None:
        """Add a secret or change it; the file is replaced in one step.

        Raises:
            SecretUnreadableError: As for `get`, or the name is malformed.
        """
        if _NAME.fullmatch(name) is None:
            raise SecretUnreadableError(
                "this is no name for a secret",
                hint="begin with a letter; use letters, digits, _, . and -",
            )
        content = self._read()
        if content is None:
            salt = base64.b64encode(secrets.token_bytes(16)).decode()
            content = VaultFile(format=1, salt=salt, check="", secrets={})
        cipher = self._cipher(content)
        check = content.check or _seal(cipher, _CHECK_NAME, "")
        sealed = {**content.secrets, name: _seal(cipher, name, secret.reveal())}
        self._write(content.model_copy(update={"check": check, "secrets": sealed}))

    def remove(self, name: str) -> bool:
        """Take a secret out and say whether it was there. The key is not needed.

        Raises:
            SecretUnreadableError: The file is damaged.
        """
        content = self._read()
        if content is None or name not in content.secrets:
            return False
        kept = {other: text for other, text in content.secrets.items() if other != name}
        self._write(content.model_copy(update={"secrets": kept}))
        return True

    def _read(self) -> VaultFile | None:
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unreadable(f"cannot be read: {error.strerror}") from error
        reading = read_yaml(data, self.path.name)
        if reading.root is None or reading.faults:
            raise self._unreadable(f"is damaged: {reading.faults[0]}")
        judged = judge(VaultFile, Where(self.path.name, reading.root))
        if isinstance(judged, list):
            raise self._unreadable(f"is damaged: {judged[0]}")
        return judged

    def _write(self, content: VaultFile) -> None:
        lines = [
            _HEAD,
            f"format: {content.format}\nsalt: {content.salt}\ncheck: {content.check}\n",
            "secrets:\n" if content.secrets else "secrets: {}\n",
            *(f'  "{name}": {text}\n' for name, text in sorted(content.secrets.items())),
        ]
        try:
            _replace_file(self.path, "".join(lines).encode())
        except OSError as error:
            raise self._unreadable(f"cannot be written: {error.strerror}") from error

    def _cipher(self, content: VaultFile) -> AESGCM:
        if self.key is None:
            raise self._unreadable("has no key", "set LANDBRIDGE_SECRET_KEY")
        try:
            salt = base64.b64decode(content.salt, validate=True)
            cipher = AESGCM(_stretched(self.key.reveal(), salt))
        except (ValueError, binascii.Error) as error:
            raise self._unreadable("has a malformed key or salt") from error
        if content.check:
            self._open(cipher, _CHECK_NAME, content.check)
        return cipher

    def _open(self, cipher: AESGCM, name: str, text: str) -> str:
        try:
            sealed = base64.b64decode(text, validate=True)
            nonce, body = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            return cipher.decrypt(nonce, body, name.encode()).decode()
        except (InvalidTag, ValueError) as error:
            what = "the key does not fit" if name == _CHECK_NAME else f"{name} is damaged"
            raise self._unreadable(f"cannot be decrypted: {what}") from error

    def _unreadable(self, what: str, hint: str = "") -> SecretUnreadableError:
        message = f"the secrets file {self.path.name} {what}"
        return SecretUnreadableError(message, hint=hint, file=self.path.name)


def key_of(
    environment: Mapping[str, str], key_env: str, key_file: Path | None
) -> Secret | None:
    """Return the key from its variable, else from its file, else `None`.

    Raises:
        SecretUnreadableError: The key file is named but cannot be read.
    """
    text = environment.get(key_env, "").strip()
    if text or key_file is None:
        return Secret(text) if text else None
    try:
        text = key_file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SecretUnreadableError(
            f"the key file {key_file} cannot be read",
            hint=f"set {key_env}, or make the file readable",
            file=str(key_file),
        ) from error
    return Secret(text) if text else None


def _stretched(key: str, salt: bytes) -> bytes:
    if key.startswith(KEY_PREFIX):
        return base64.b64decode(key.removeprefix(KEY_PREFIX), altchars="-_", validate=True)
    kdf = Scrypt(salt=salt, length=_KEY_BYTES, n=_SCRYPT_COST, r=8, p=1)
    return kdf.derive(key.encode())


def _seal(cipher: AESGCM, name: str, text: str) -> str:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return base64.b64encode(
        nonce + cipher.encrypt(nonce, text.encode(), name.encode())
    ).decode()


def _replace_file(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
