import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any, cast

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymysql import err

from landbridge.connectors.mysql.wire import raw_rows

Value = bytes | None


class Driver:
    """Stands for the driver's connection: answers one statement from bytes."""

    def __init__(self, answer: bytes, cuts: list[int]) -> None:
        here, there = socket.socketpair()
        self._sock = here
        self._read_timeout = 10
        self._current_timeout = 0
        self.statement = ""
        self._server = threading.Thread(target=_send, args=(there, answer, cuts))

    def _execute_command(self, command: int, statement: str) -> None:
        assert command == 3
        self.statement = statement
        self._server.start()

    def close(self) -> None:
        self._sock.close()
        self._server.join()


def _send(there: socket.socket, answer: bytes, cuts: list[int]) -> None:
    with there:
        start = 0
        for size in [*cuts, len(answer)]:
            if start < len(answer):
                there.sendall(answer[start : start + size])
            start += size


def packet(number: int, payload: bytes) -> bytes:
    found = b""
    while True:
        part, payload = payload[:0xFFFFFF], payload[0xFFFFFF:]
        found += struct.pack("<I", len(part))[:3] + bytes([number % 256]) + part
        if len(part) < 0xFFFFFF:
            return found
        number += 1


def length(size: int) -> bytes:
    if size < 251:
        return bytes([size])
    if size < 1 << 16:
        return b"\xfc" + size.to_bytes(2, "little")
    if size < 1 << 24:
        return b"\xfd" + size.to_bytes(3, "little")
    return b"\xfe" + size.to_bytes(8, "little")


END = b"\xfe\0\0\2\0"


def answer(rows: list[tuple[Value, ...]], columns: int, end: bytes = END) -> bytes:
    parts = [bytes([columns]), *[b"\3def" + b"x" * 30] * columns, END]
    parts += [
        b"".join(b"\xfb" if one is None else length(len(one)) + one for one in row)
        for row in rows
    ]
    return b"".join(packet(at + 1, part) for at, part in enumerate([*parts, end]))


def read(data: bytes, cuts: list[int], capacity: int) -> Iterator[list[pa.Array]]:
    driver = Driver(data, cuts)
    try:
        yield from raw_rows(cast("Any", driver), "SELECT 1", capacity)
    finally:
        driver.close()


def rows_read(data: bytes, cuts: list[int], capacity: int) -> list[tuple[Value, ...]]:
    return [
        row
        for columns in read(data, cuts, capacity)
        for row in zip(*(column.to_pylist() for column in columns), strict=True)
    ]


values = st.one_of(
    st.none(),
    st.binary(max_size=12),
    st.sampled_from([b"", b"\xfe", b"\xff", b"\xfb" * 9, b"x" * 250, b"y" * 251, b"z" * 66000]),
)


@settings(deadline=None)  # threads wait for each other
@given(
    st.integers(1, 5).flatmap(
        lambda columns: st.tuples(
            st.just(columns), st.lists(st.tuples(*[values] * columns), max_size=30)
        )
    ),
    st.lists(st.integers(1, 200), max_size=40),
    st.integers(1, 5000),
)
def test_rows_are_whole_however_the_bytes_arrive(
    table: tuple[int, list[tuple[Value, ...]]], cuts: list[int], capacity: int
) -> None:
    columns, rows = table
    assert rows_read(answer(rows, columns), cuts, capacity) == rows


def test_a_row_of_many_packets_comes_between_small_ones() -> None:
    large = b"ab" * (0xFFFFFF // 2 + 7)
    rows: list[tuple[Value, ...]] = [(b"1", b"a"), (b"2", large), (b"3", None), (None, large)]
    assert rows_read(answer(rows, 2), [5], 1 << 16) == rows


def test_a_row_that_fills_its_packet_to_the_last_byte_is_whole() -> None:
    exact = b"x" * (0xFFFFFF - 4)
    rows: list[tuple[Value, ...]] = [(exact,), (b"1",)]
    assert rows_read(answer(rows, 1), [], 1 << 20) == rows


def test_an_error_after_rows_is_raised_after_them() -> None:
    error = b"\xff" + struct.pack("<H", 1317) + b"#70100Query execution was interrupted"
    arriving = read(answer([(b"1",), (b"2",)], 1, end=error), [], 1 << 16)
    assert next(arriving)[0].to_pylist() == [b"1", b"2"]
    with pytest.raises(err.OperationalError, match="interrupted"):
        next(arriving)


def test_an_error_instead_of_rows_is_raised() -> None:
    error = packet(1, b"\xff" + struct.pack("<H", 1146) + b"#42S02no such table")
    with pytest.raises(err.ProgrammingError, match="no such table"):
        rows_read(error, [], 1 << 16)


def test_a_server_that_goes_away_is_no_end_of_the_rows() -> None:
    whole = answer([(b"1",)] * 100, 1)
    for cut in (3, 40, len(whole) - 40, len(whole) - 1):
        with pytest.raises(err.OperationalError, match="closed the connection"):
            rows_read(whole[:cut], [], 64)


def test_a_server_that_asks_for_a_file_gets_none() -> None:
    with pytest.raises(err.InternalError, match="asks for a file"):
        rows_read(packet(1, b"\xfb/etc/passwd"), [], 64)
