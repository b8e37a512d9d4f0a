"""Failures the platform can explain: what broke, whether to try again, what to do next."""

from collections.abc import Mapping
from typing import ClassVar, Literal

Retry = Literal["never", "later", "reconnect"]
Fact = str | int


class LandbridgeError(Exception):
    """Base of every failure raised on purpose.

    A subclass fixes `code`, which is API and never renamed, and `retry`, from which the
    runtime decides. An instance carries facts; neither facts nor texts hold a secret.

    Attributes:
        hint: What the user can do next, or "".
        facts: Names and numbers of this failure (stream, field, row, file, line…).
    """

    code: ClassVar[str] = "internal"
    retry: ClassVar[Retry] = "never"

    def __init__(self, message: str, *, hint: str = "", **facts: Fact) -> None:
        super().__init__(message)
        self.hint = hint
        self.facts: Mapping[str, Fact] = facts


class DocumentsInvalidError(LandbridgeError):
    """Documents cannot be read or contradict themselves; every fault is listed.

    Attributes:
        faults: One value per fault, in file and line order; see `landbridge.specs.faults`.
    """

    code = "documents.invalid"

    def __init__(self, faults: tuple[object, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults), faults=len(faults))
        self.faults = faults


class OptionsInvalidError(LandbridgeError):
    """A document is well formed, but what it asks for cannot work."""

    code = "options.invalid"


class SecretMissingError(LandbridgeError):
    """A secret that a document refers to is in none of the project's providers."""

    code = "secret.missing"


class SecretUnreadableError(LandbridgeError):
    """A provider of secrets failed: wrong key, damaged file, command not run."""

    code = "secret.unreadable"


class ConnectorMissingError(LandbridgeError):
    """No such connector, or the libraries it needs are not installed."""

    code = "connector.missing"


class GuaranteeRefusedError(LandbridgeError):
    """A document demands more than can be derived for its source and target."""

    code = "plan.guarantee_refused"


class TypeRefusedError(LandbridgeError):
    """A column's values cannot be kept by the target, and no waiver accepts the loss."""

    code = "plan.type_refused"


class SchemaChangedError(LandbridgeError):
    """Source and target columns no longer fit, and the document forbids to evolve."""

    code = "plan.schema_changed"


class AuthenticationRefusedError(LandbridgeError):
    """The system refused the credentials or the right to do this."""

    code = "connection.refused"


class AddressRefusedError(LandbridgeError):
    """A host is, or leads to, an address that the connection does not list as its own.

    Its text names the host and the kind of address, never the address that a name has.
    """

    code = "connection.address_refused"


class SystemUnavailableError(LandbridgeError):
    """The system did not answer or dropped the connection; the runtime reopens it."""

    code = "connection.unavailable"
    retry = "reconnect"


class SystemBusyError(LandbridgeError):
    """The system asks to come back later: a lock, a deadlock, a rate limit.

    Attributes:
        wait_secs: How long the system asked us to wait, or 0 when it did not say.
    """

    code = "connection.busy"
    retry = "later"

    def __init__(
        self, message: str, *, wait_secs: float = 0.0, hint: str = "", **facts: Fact
    ) -> None:
        super().__init__(message, hint=hint, **facts)
        self.wait_secs = wait_secs


class StreamMissingError(LandbridgeError):
    """The stream is not in the system, or is not visible to this user."""

    code = "stream.missing"


class DataUnreadableError(LandbridgeError):
    """What arrived is not what the stream promised; facts name the place."""

    code = "source.unreadable"


class QueryRefusedError(LandbridgeError):
    """The system refused a statement for a reason that trying again does not cure."""

    code = "connection.statement_refused"


class RowsRefusedError(LandbridgeError):
    """The target refuses at least one row of a batch because of its data.

    Nothing of the batch was kept. When the target cannot tell which rows, `rejected` is
    empty and the engine isolates them by bisection.

    Attributes:
        rejected: Row index within the batch, mapped to the reason.
    """

    code = "sink.rows_refused"

    def __init__(
        self,
        message: str,
        rejected: Mapping[int, str] | None = None,
        *,
        hint: str = "",
        **facts: Fact,
    ) -> None:
        super().__init__(message, hint=hint, **facts)
        self.rejected: Mapping[int, str] = rejected or {}


class LedgerUnbalancedError(LandbridgeError):
    """Rows read are not the sum of rows written, filtered, quarantined and superseded."""

    code = "ledger.unbalanced"


class ReceiptMismatchError(LandbridgeError):
    """What stands in the target is not what left the source."""

    code = "receipt.mismatch"


class RowsFailedError(LandbridgeError):
    """Rows failed and the document does not send them to quarantine, or too many did."""

    code = "run.rows_failed"


class PositionUnusableError(LandbridgeError):
    """A stored position cannot be resumed from: the source or the document changed."""

    code = "source.position_unusable"


class RunFailedError(LandbridgeError):
    """A run ended with failed nodes; facts name them."""

    code = "run.failed"


class CopyCancelledError(LandbridgeError):
    """The user, or the failure of another part, ended this copy; it can be resumed."""

    code = "run.cancelled"


class LoadBusyError(LandbridgeError):
    """Another process is running this load."""

    code = "run.busy"


class StateUnusableError(LandbridgeError):
    """The state database cannot be opened or is of a newer version."""

    code = "state.unusable"
