"""Sending a batch into a table: streamed `LOAD DATA LOCAL`, or `INSERT` of many rows.

Neither may bend a value. `LOAD DATA LOCAL` turns every refusal of strict mode into a warning
and skips rows of a key that exists; so the rows it took are counted, and one warning refuses
the whole batch.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pymysql import err
from pymysql.constants import COMMAND
from pymysql.protocol import OKPacketWrapper

from landbridge.connectors.mysql.encoding import Encoder, refuse
from landbridge.connectors.mysql.errors import DUPLICATE, LOCAL_FORBIDDEN, explained
from landbridge.connectors.mysql.server import Session
from landbridge.kernel.errors import QueryRefusedError, RowsRefusedError
from landbridge.sdk.batching import slices

_FIELD, _LINE = "\x1f", "\x1e"
_NULL = "\\N"
_PACKET = 256 << 10
_PART = 1 << 20
_ROW = re.compile(r"\bat row (\d+)|^Row (\d+) ")
_ROOM = 64 << 10


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a batch goes.

    Attributes:
        table: Quoted name.
        encoders: One per column of the batch, in its order.
        key: Columns of the batch that the table keeps unique, for naming repeated rows.
    """

    table: str
    encoders: tuple[Encoder, ...]
    key: tuple[str, ...] = ()


class Loader:
    """Sends batches on one session, in its current transaction.

    Args:
        session: The session.
        local: Try `LOAD DATA LOCAL`.
        may_insert: Go on by `INSERT` where the server or a proxy forbids it.
    """

    def __init__(self, session: Session, *, local: bool, may_insert: bool = True) -> None:
        self._session = session
        self._local = local
        self._may_insert = may_insert
        size = session.variable("max_allowed_packet")
        self._statement_bytes = max(_ROOM, min(int(size or _ROOM), 16 << 20) - _ROOM)

    def send(self, destination: Destination, rows: pa.RecordBatch) -> None:
        """Add the rows to the table, all of them as they are.

        Raises:
            RowsRefusedError: The table does not take all rows unchanged; the caller rolls
                back, for some of them may be in.
        """
        if rows.num_rows == 0:
            return
        refuse(destination.encoders, rows)
        try:
            if not self._local or not self._load(destination, rows):
                self._insert(destination, rows)
        except RowsRefusedError as error:
            repeated = _repeated(destination, rows, error)
            if repeated:
                raise RowsRefusedError(str(error), repeated, errno=DUPLICATE) from error
            raise

    def _load(self, destination: Destination, rows: pa.RecordBatch) -> bool:
        """Stream the rows; return False where that turns out to be forbidden."""
        # The server works on one part while the next is made.
        parts = (loaded_lines(destination, part) for part in slices(rows, _PART))
        try:
            with explained(table=destination.table):
                taken, warned = self._stream(_load_statement(destination), parts)
        except QueryRefusedError as error:
            if not self._may_insert or error.facts.get("errno") not in LOCAL_FORBIDDEN:
                raise
            self._local = False
            return False
        if warned or taken != rows.num_rows:
            raise _refused(self._session.warnings(), taken, rows.num_rows)
        return True

    def _stream(self, statement: str, parts: Iterator[pa.Buffer]) -> tuple[int, int]:
        """Answer the server's wish for a file with the data; return rows and warnings."""
        # The driver would open a file of that name; its packets are the way around it.
        driver: Any = self._session.connection
        driver._execute_command(COMMAND.COM_QUERY, statement)
        asked = driver._read_packet()
        if not asked.is_load_local_packet():
            raise err.InternalError(0, "the server did not ask for the rows")
        try:
            for part in parts:
                view = memoryview(part)
                for start in range(0, len(view), _PACKET):
                    driver.write_packet(view[start : start + _PACKET])
        except BaseException:
            # The server waits for the rest: whatever else is sent would be taken for rows.
            self._session.abandon()
            raise
        driver.write_packet(b"")
        done = OKPacketWrapper(driver._read_packet())
        return done.affected_rows, done.warning_count

    def _insert(self, destination: Destination, rows: pa.RecordBatch) -> None:
        first = 0
        for statement, count in inserted(destination, rows, self._statement_bytes):
            driver: Any = self._session.connection
            try:
                with explained(table=destination.table):
                    taken = driver.query(statement)
            except RowsRefusedError as error:
                raise _moved(error, first, count) from error
            if taken != count or driver._result.warning_count:
                found = self._session.warnings()
                if found or taken != count:
                    raise _moved(_refused(found, taken, count), first, count)
            first += count


def local_is_allowed(session: Session) -> bool:
    """Return whether the server takes `LOAD DATA LOCAL`; this end always would."""
    return (session.variable("local_infile") or "").upper() in {"ON", "1"}


def _load_statement(destination: Destination) -> str:
    names: list[str] = []
    made: list[str] = []
    for at, encoder in enumerate(destination.encoders):
        expression = encoder.expression
        if expression is None:
            names.append(encoder.quoted)
        else:
            names.append(f"@c{at}")
            made.append(f"{encoder.quoted} = {expression.format(f'@c{at}')}")
    return (
        f"LOAD DATA LOCAL INFILE 'landbridge' INTO TABLE {destination.table} "
        "CHARACTER SET utf8mb4 FIELDS TERMINATED BY x'1f' ESCAPED BY '\\\\' "
        f"LINES TERMINATED BY x'1e' ({', '.join(names)})"
        + (f" SET {', '.join(made)}" if made else "")
    )


def loaded_lines(destination: Destination, rows: pa.RecordBatch) -> pa.Buffer:
    """Return all rows as the text that the statement describes."""
    columns = [
        _escaped(encoder.text(values)) if encoder.needs_escapes else encoder.text(values)
        for encoder, values in zip(destination.encoders, rows.columns, strict=True)
    ]
    null = {"null_handling": "replace", "null_replacement": _NULL}
    columns = _of_one_width(columns)
    empty, field, line = (pa.scalar(text, columns[0].type) for text in ("", _FIELD, _LINE))
    last = pc.binary_join_element_wise(columns[-1], empty, line, **null)
    joined = pc.binary_join_element_wise(*columns[:-1], last, field, **null)
    return joined.buffers()[2]


def _of_one_width(columns: list[pa.Array]) -> list[pa.Array]:
    """Offsets of 64 bits for all when the rows together may need them."""
    size = sum(column.nbytes for column in columns)
    if size < _WIDE and all(column.type == pa.string() for column in columns):
        return columns
    return [column.cast(pa.large_string()) for column in columns]


_WIDE = 1 << 30


def _escaped(values: pa.Array) -> pa.Array:
    r"""Return texts whose separators and backslashes stand for themselves."""
    present = _data(values)
    for character in ("\\", _FIELD, _LINE):
        if present.find(character.encode()) >= 0:
            values = pc.replace_substring(values, character, "\\" + character)
    return values


def _data(values: pa.Array) -> bytes:
    """Return the bytes of all texts of a column or of a slice of one."""
    _, ends, data = values.buffers()
    if data is None or len(values) == 0:
        return b""
    places = np.frombuffer(ends, np.int32)[values.offset : values.offset + len(values) + 1]
    return bytes(memoryview(data)[int(places[0]) : int(places[-1])])


def inserted(
    destination: Destination, rows: pa.RecordBatch, most: int
) -> Iterator[tuple[bytes, int]]:
    """Yield statements below the size, each with its number of rows."""
    names = ", ".join(encoder.quoted for encoder in destination.encoders)
    head = f"INSERT INTO {destination.table} ({names}) VALUES ".encode()  # noqa: S608  quoted names
    held: list[bytes] = []
    size = len(head)
    for text in _tuples(destination, rows):
        if held and size + len(text) > most:
            yield head + b",".join(held), len(held)
            held, size = [], len(head)
        held.append(text)
        size += len(text) + 1
    if held:
        yield head + b",".join(held), len(held)


def _tuples(destination: Destination, rows: pa.RecordBatch) -> list[bytes]:
    """Return each row as literals in parentheses."""
    columns: list[pa.Array] = []
    for encoder, values in zip(destination.encoders, rows.columns, strict=True):
        text = encoder.text(values).cast(pa.large_string())
        if encoder.needs_escapes:
            text = pc.replace_substring(text, "\\", "\\\\")
            text = pc.replace_substring(text, "'", "''")
        shape = (encoder.expression or "{}").format("'\0'")
        before, _, after = shape.partition("\0")
        columns.append(
            pc.binary_join_element_wise(_wide(before), text, _wide(after), _wide(""))
        )
    joined = pc.binary_join_element_wise(
        *columns, _wide(","), null_handling="replace", null_replacement="NULL"
    )
    whole = pc.binary_join_element_wise(_wide("("), joined, _wide(")"), _wide(""))
    return whole.cast(pa.large_binary()).to_pylist()


def _wide(text: str) -> pa.Scalar:
    return pa.scalar(text, pa.large_string())


def _refused(found: Sequence[tuple[int, str]], taken: int, sent: int) -> RowsRefusedError:
    """Return the refusal that these warnings are, with the rows that they name."""
    if not found:
        return RowsRefusedError(f"{taken} of {sent} rows were taken", taken=taken, sent=sent)
    rejected: dict[int, str] = {}
    for _, text in found:
        row = _row_of(text)
        if row is not None and row < sent:
            rejected.setdefault(row, text)
    number, first = found[0]
    return RowsRefusedError(first, rejected, errno=number)


def _row_of(text: str) -> int | None:
    place = _ROW.search(text)
    return int(place[1] or place[2]) - 1 if place else None


def _moved(error: RowsRefusedError, first: int, count: int) -> RowsRefusedError:
    """Return the refusal with rows counted from the beginning of the batch."""
    rejected = dict(error.rejected)
    if not rejected:
        row = _row_of(str(error))
        if row is not None and row < count:
            rejected = {row: str(error)}
    moved = {row + first: reason for row, reason in rejected.items()}
    return RowsRefusedError(str(error), moved, hint=error.hint, **error.facts)


def _repeated(
    destination: Destination, rows: pa.RecordBatch, error: RowsRefusedError
) -> dict[int, str]:
    """Return the rows that repeat a key of an earlier row of the batch.

    Each of them alone would be taken, so bisection cannot find them.
    """
    if error.facts.get("errno") != DUPLICATE or not destination.key:
        return {}
    columns = [rows.column(name) for name in destination.key]
    names = [f"k{at}" for at in range(len(columns))]
    numbered = pa.table([*columns, pa.array(range(rows.num_rows))], names=[*names, "row"])
    groups = numbered.group_by(names).aggregate([("row", "min")])
    if groups.num_rows == rows.num_rows:
        return {}
    firsts = set(groups.column("row_min").to_pylist())
    return {row: str(error) for row in range(rows.num_rows) if row not in firsts}
