"""APIs that answer 200 to everything, and say in the body how it went."""

from landbridge.connectors.http.json_path import at_path
from landbridge.connectors.http.request_options import Verdict
from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    DataUnreadableError,
    LandbridgeError,
    QueryRefusedError,
    SystemBusyError,
)


def judged(body: object, verdict: Verdict, place: str) -> LandbridgeError | None:
    """Return the error that an answer speaks of, or None where it says that all is well."""
    code = _at(body, verdict.at)
    if _among(code, verdict.good):
        return None
    if not isinstance(code, str | int):
        return DataUnreadableError(
            f"{place} does not say at {verdict.at} how it went", hint="check `verdict`"
        )
    said = f"{place} answered {code}"
    message = _at(body, verdict.message) if verdict.message else None
    if isinstance(message, str) and message:
        said = f"{said}: {message[:200]}"
    if _among(code, verdict.signed_out):
        return AuthenticationRefusedError(said, hint="check `auth`")
    if _among(code, verdict.busy):
        return SystemBusyError(said)
    return QueryRefusedError(said, hint="check `params`, `body` and `paging`")


def _at(body: object, path: str) -> object:
    try:
        return at_path(body, path)
    except KeyError:
        return None


def _among(code: object, known: tuple[str | int | bool, ...]) -> bool:
    return any(code == one and type(code) is type(one) for one in known)
