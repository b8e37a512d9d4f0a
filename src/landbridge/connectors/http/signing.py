"""Signatures over requests, as vendors define them."""

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime
from urllib.parse import parse_qsl

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from landbridge.connectors.http.auth_options import SignatureAuth
from landbridge.connectors.http.windows import written
from landbridge.kernel.errors import OptionsInvalidError

_NAME = re.compile(r"\{(\w+)\}")
_FORM = "application/x-www-form-urlencoded"


def sign_request(request: httpx.Request, auth: SignatureAuth, now: datetime) -> None:
    """Add key, moment, nonce and signature to a request.

    Raises:
        OptionsInvalidError: The secret or the text to be signed is of no use.
    """
    moment = written(now.isoformat(), auth.timestamp, up=False)
    nonce = secrets.token_hex(16)
    added = {
        name: value
        for name, value in (
            (auth.app_key_param, auth.app_key),
            (auth.timestamp_param, moment),
            (auth.nonce_param, nonce),
        )
        if name is not None
    }
    if auth.place == "query":
        request.url = request.url.copy_merge_params(added)
        request.url = request.url.copy_remove_param(auth.sign_param)
    known = {
        "params": _sorted(request, auth),
        "secret": auth.secret.get_secret_value(),
        "app_key": auth.app_key,
        "timestamp": moment,
        "nonce": nonce,
        "method": request.method,
        "path": request.url.path,
        "body": request.content.decode(errors="surrogateescape"),
        "body_md5": hashlib.md5(request.content, usedforsecurity=False).hexdigest(),
        "body_sha256": hashlib.sha256(request.content).hexdigest(),
    }
    signature = signed(_filled(auth.text, known), auth)
    if auth.place == "query":
        request.url = request.url.copy_merge_params({auth.sign_param: signature})
    else:
        request.headers.update({**added, auth.sign_param: signature})


def signed(text: str, auth: SignatureAuth) -> str:
    """Return the signature of a text, as it is sent."""
    data = text.encode(errors="surrogateescape")
    secret = auth.secret.get_secret_value()
    kind, _, function = auth.algorithm.rpartition("_")
    if kind == "hmac":
        found = hmac.new(secret.encode(), data, function).digest()
    elif kind == "rsa":
        found = _private_key(secret).sign(data, padding.PKCS1v15(), hashes.SHA256())
    else:
        found = hashlib.new(function, data, usedforsecurity=False).digest()
    if auth.digest == "base64":
        return base64.b64encode(found).decode()
    return found.hex().upper() if auth.digest == "hex_upper" else found.hex()


def _sorted(request: httpx.Request, auth: SignatureAuth) -> str:
    pairs = list(request.url.params.multi_items())
    if request.headers.get("content-type", "").startswith(_FORM):
        pairs += parse_qsl(request.content.decode(), keep_blank_values=True)
    return auth.join.join(
        _filled(auth.pair, {"name": name, "value": value})
        for name, value in sorted(pairs)
        if value or auth.empty == "keep"
    )


def _filled(text: str, known: dict[str, str]) -> str:
    unknown = set(_NAME.findall(text)) - known.keys()
    if unknown:
        raise OptionsInvalidError(f"auth: nothing to be signed is called {{{min(unknown)}}}")
    return _NAME.sub(lambda found: known[found[1]], text)


def _private_key(secret: str) -> RSAPrivateKey:
    try:
        found = load_pem_private_key(secret.encode(), None)
    except (ValueError, TypeError) as error:
        raise OptionsInvalidError("auth: `secret` is no private key in PEM") from error
    if not isinstance(found, RSAPrivateKey):
        raise OptionsInvalidError("auth: `secret` is no RSA key")
    return found
