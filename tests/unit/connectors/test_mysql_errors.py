import inspect

import pytest
from pymysql import err

from landbridge.connectors.mysql.errors import explained, kind_of
from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    LandbridgeError,
    OptionsInvalidError,
    QueryRefusedError,
    RowsRefusedError,
    StreamMissingError,
    SystemBusyError,
    SystemUnavailableError,
)

DRIVER = {
    "MySQLError",
    "Warning",
    "Error",
    "InterfaceError",
    "DatabaseError",
    "DataError",
    "OperationalError",
    "IntegrityError",
    "InternalError",
    "ProgrammingError",
    "NotSupportedError",
}


def test_the_driver_has_no_failure_that_is_not_known_here() -> None:
    found = {
        name
        for name, one in vars(err).items()
        if inspect.isclass(one) and issubclass(one, err.MySQLError)
    }
    assert found == DRIVER
    assert all(issubclass(getattr(err, name), err.MySQLError) for name in DRIVER)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (1045, AuthenticationRefusedError),
        (1142, AuthenticationRefusedError),
        (1049, OptionsInvalidError),
        (1146, StreamMissingError),
        (1205, SystemBusyError),
        (1213, SystemBusyError),
        (1317, SystemBusyError),
        (2006, SystemUnavailableError),
        (2013, SystemUnavailableError),
        (1053, SystemUnavailableError),
        (1062, RowsRefusedError),
        (1406, RowsRefusedError),
        (3819, RowsRefusedError),
        (4025, RowsRefusedError),
        (1064, QueryRefusedError),
        (1153, QueryRefusedError),
        (999_999, QueryRefusedError),
    ],
)
def test_numbers_have_kinds(number: int, kind: type[LandbridgeError]) -> None:
    assert kind_of(number) is kind
    with pytest.raises(kind, match="because") as failure, explained(stream="t"):
        raise err.OperationalError(number, "because\nof this")
    assert failure.value.facts == {"stream": "t", "errno": number}
    assert str(failure.value) == "because"


@pytest.mark.parametrize(
    "error",
    [
        err.InterfaceError(0, ""),
        err.OperationalError(),
        err.InternalError("Packet sequence number wrong"),
        ConnectionResetError(104, "reset"),
        TimeoutError("timed out"),
        BrokenPipeError(),
    ],
)
def test_a_broken_connection_is_reopened(error: Exception) -> None:
    with pytest.raises(SystemUnavailableError) as failure, explained():
        raise error
    assert str(failure.value).strip()
    assert failure.value.retry == "reconnect"


def test_a_password_in_a_message_is_left_out() -> None:
    with pytest.raises(LandbridgeError) as failure, explained():
        raise err.ProgrammingError(1064, "near 'IDENTIFIED BY 'hunter2' at line 1")
    assert "hunter2" not in str(failure.value)
