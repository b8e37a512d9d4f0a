"""Result rows from the socket to Arrow, whole columns at a time.

The text protocol sends each row as a packet of length-prefixed values. Only the packets'
boundaries are walked row by row; lengths are decoded for all rows of a column together, and
Arrow copies the values out. The socket is read only as fast as rows are taken, so a slow
consumer holds the server back and memory stays flat.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pymysql import err
from pymysql.connections import Connection
from pymysql.constants import COMMAND, CR
from pymysql.cursors import Cursor

_HEADER = 4
_LARGEST = 0xFFFFFF
_SHORT = 9
_FIRST_BUFFER = 1 << 16
_END = 0xFE
_ERROR = 0xFF
_NULL = 0xFB
_TWO, _THREE, _EIGHT = 0xFC, 0xFD, 0xFE
_length = struct.Struct("<I").unpack_from

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]


@dataclass(slots=True)
class _Incoming:
    """Packets that arrived and are not taken yet."""

    socket: Any
    buffer: bytearray = field(default_factory=lambda: bytearray(_FIRST_BUFFER))
    start: int = 0
    end: int = 0

    def packet(self) -> bytes:
        """Take one packet, joined when it came in several parts."""
        parts: list[bytes] = []
        while True:
            self._need(_HEADER)
            size = _length(self.buffer, self.start)[0] & _LARGEST
            self._need(_HEADER + size)
            first = self.start + _HEADER
            parts.append(bytes(self.buffer[first : first + size]))
            self.start = first + size
            if size < _LARGEST:
                return b"".join(parts)

    def renew(self, capacity: int) -> None:
        """Go on in a new buffer; the old one belongs to the rows that were taken."""
        rest = self.buffer[self.start : self.end]
        self.buffer = bytearray(max(capacity, 2 * len(rest), _FIRST_BUFFER))
        self.buffer[: len(rest)] = rest
        self.start, self.end = 0, len(rest)

    def receive(self) -> None:
        """Wait for more."""
        got = self.socket.recv_into(memoryview(self.buffer)[self.end :])
        if got == 0:
            raise err.OperationalError(CR.CR_SERVER_LOST, "the server closed the connection")
        self.end += got

    def _need(self, size: int) -> None:
        if self.end - self.start < size and len(self.buffer) - self.start < size:
            self.renew(size)
        while self.end - self.start < size:
            self.receive()


def raw_rows(
    connection: "Connection[Cursor]", statement: str, capacity: int
) -> Iterator[list[pa.Array]]:
    """Yield the columns of the answer in pieces of about `capacity` bytes, as binary arrays.

    The connection serves nothing else until the last piece was taken; when the iterator is
    dropped before, the connection has to be closed.
    """
    # The driver offers rows only as Python objects; its socket is the way around them.
    driver: Any = connection
    driver._execute_command(COMMAND.COM_QUERY, statement)
    driver._sock.settimeout(driver._read_timeout)
    driver._current_timeout = driver._read_timeout
    incoming = _Incoming(driver._sock)
    count = _column_count(_sound(incoming.packet()))
    for _ in range(count):
        incoming.packet()
    if count:
        incoming.packet()
        yield from _pieces(incoming, count, capacity)


def _pieces(incoming: _Incoming, count: int, capacity: int) -> Iterator[list[pa.Array]]:
    incoming.renew(capacity)
    walk = _Walk()
    while True:
        walk.on(incoming)
        if walk.starts and (walk.stopped or _is_full(incoming, walk.place)):
            yield _columns(incoming.buffer, walk.starts, count)
            incoming.start = walk.place
            incoming.renew(capacity)
            walk.begin()
            continue
        if walk.stopped:
            incoming.start = walk.place
            packet = _sound(incoming.packet())
            if packet[0] == _END and len(packet) < _SHORT:
                return
            # A row of 16 MiB or more comes in parts and is taken on its own.
            row = bytearray(_HEADER) + packet
            yield _columns(row, [0], count)
            incoming.renew(capacity)
            walk.begin()
            continue
        if _is_full(incoming, walk.place):
            incoming.renew(2 * len(incoming.buffer))
        incoming.receive()


def _is_full(incoming: _Incoming, place: int) -> bool:
    """Whether no more fits, or so little that the next row will most likely not."""
    return len(incoming.buffer) - incoming.end < max(1, min(4096, incoming.end - place))


@dataclass(slots=True)
class _Walk:
    """Steps from packet to packet over whole rows.

    Attributes:
        starts: Where each row's packet begins.
        place: Where the next one will.
        stopped: The next packet is not an ordinary row: an end, an error, a part of a row.
    """

    starts: list[int] = field(default_factory=list[int])
    place: int = 0
    stopped: bool = False

    def begin(self) -> None:
        self.starts, self.place, self.stopped = [], 0, False

    def on(self, incoming: _Incoming) -> None:
        """Walk as far as whole packets have arrived."""
        buffer, place, end = incoming.buffer, self.place, incoming.end
        length, append = _length, self.starts.append
        last = end - _HEADER
        while place <= last:
            size = length(buffer, place)[0] & _LARGEST
            after = place + _HEADER + size
            if after > end:
                self.stopped = size == _LARGEST
                break
            if size < _SHORT and (size == 0 or buffer[place + _HEADER] >= _END):
                self.stopped = True
                break
            if size == _LARGEST or buffer[place + _HEADER] == _ERROR:
                self.stopped = True
                break
            append(place)
            place = after
        self.place = place


def _columns(buffer: bytearray, starts: Sequence[int], count: int) -> list[pa.Array]:
    """Return each column of the rows that begin at these places."""
    data: Bytes = np.frombuffer(buffer, np.uint8)
    rows = len(starts)
    # Values and the bytes between them alternate: one array that all columns are taken from.
    edges = np.empty(rows * count * 2 + 1, np.int32)
    ends = edges[:-1].reshape(rows, count * 2)
    place: Places = np.array(starts, np.int64) + _HEADER
    absent: list[NDArray[np.bool_] | None] = []
    for at in range(count):
        first, size, nulls = _lengths(data, place)
        absent.append(nulls)
        ends[:, 2 * at] = first
        place = first + size
        ends[:, 2 * at + 1] = place
    edges[-1] = edges[-2]
    whole = pa.Array.from_buffers(
        pa.binary(), len(edges) - 1, [None, pa.py_buffer(edges), pa.py_buffer(buffer)]
    )
    row = np.arange(rows, dtype=np.int32) * (2 * count)
    return [whole.take(pa.array(row + 2 * at, mask=nulls)) for at, nulls in enumerate(absent)]


def _lengths(data: Bytes, place: Places) -> tuple[Places, Places, NDArray[np.bool_] | None]:
    """Return where values begin, how long they are and which are NULL."""
    lead = data[place]
    size = lead.astype(np.int64)
    top = int(lead.max())
    if top < _NULL:
        return place + 1, size, None
    header = np.ones(len(place), np.int64)
    nulls = lead == _NULL
    size[nulls] = 0
    if top > _NULL:
        for mark, width in ((_TWO, 2), (_THREE, 3), (_EIGHT, 8)):
            chosen = np.flatnonzero(lead == mark)
            if len(chosen):
                size[chosen] = _numbers(data, place[chosen] + 1, width)
                header[chosen] += width
    return place + header, size, nulls if nulls.any() else None


def _numbers(data: Bytes, place: Places, width: int) -> Places:
    value = np.zeros(len(place), np.int64)
    for at in range(width):
        value |= data[place + at].astype(np.int64) << (8 * at)
    return value


def _sound(packet: bytes) -> bytes:
    if packet[:1] == b"\xff":
        err.raise_mysql_exception(packet)
    return packet


def _column_count(packet: bytes) -> int:
    """Return the columns of the result that a packet announces; 0 for no result."""
    lead = packet[0]
    if lead < _NULL:
        return lead
    if lead == _TWO:
        return int.from_bytes(packet[1:3], "little")
    raise err.InternalError(CR.CR_MALFORMED_PACKET, "the server asks for a file")
