"""The compact protocol of Thrift, as far as the footer of a Parquet file needs it.

A structure is a mapping from field number to `(kind, value)`, and what is not understood is
kept as it is, so that a footer can be read, changed in some fields, and written.
"""

from dataclasses import dataclass, field

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
_INTEGERS = frozenset({I16, I32, I64})
_LONG_LIST = 15
_MORE, _LOW = 0x80, 0x7F

Value = object
Struct = dict[int, tuple[int, Value]]


@dataclass(frozen=True, slots=True)
class Items:
    """A list or set: the kind of its items, and they."""

    kind: int
    values: list[Value]


@dataclass(frozen=True, slots=True)
class Pairs:
    """A map: the kinds of its keys and values, and they."""

    kinds: int
    pairs: list[tuple[Value, Value]]


def parse(data: bytes) -> Struct:
    """Return the structure that the bytes begin with.

    Raises:
        ValueError: They are not one.
    """
    try:
        return _Input(data).struct()
    except IndexError as error:
        raise ValueError("the structure ends early") from error


def write(struct: Struct) -> bytes:
    """Return the bytes of a structure."""
    output = _Output()
    output.struct(struct)
    return bytes(output.data)


class _Input:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def struct(self) -> Struct:
        found: Struct = {}
        number = 0
        while head := self._byte():
            step, kind = head >> 4, head & 0x0F
            number = number + step if step else self._signed()
            found[number] = (kind, self._value(kind, inside=False))
        return found

    def _value(self, kind: int, *, inside: bool) -> Value:
        if kind in (TRUE, FALSE):
            return self._byte() if inside else None
        if kind in _INTEGERS:
            return self._signed()
        if kind in (BYTE, DOUBLE, BINARY):
            sizes = {BYTE: 1, DOUBLE: 8}
            return self._bytes(sizes[kind] if kind in sizes else self._unsigned())
        if kind in (LIST, SET):
            return self._items()
        if kind == MAP:
            return self._pairs()
        if kind == STRUCT:
            return self.struct()
        raise ValueError(f"there is no kind {kind}")

    def _items(self) -> Items:
        head = self._byte()
        size = head >> 4
        if size == _LONG_LIST:
            size = self._unsigned()
        kind = head & 0x0F
        return Items(kind, [self._value(kind, inside=True) for _ in range(size)])

    def _pairs(self) -> Pairs:
        size = self._unsigned()
        kinds = self._byte() if size else 0
        return Pairs(
            kinds,
            [
                (
                    self._value(kinds >> 4, inside=True),
                    self._value(kinds & 0x0F, inside=True),
                )
                for _ in range(size)
            ],
        )

    def _byte(self) -> int:
        found = self._data[self._at]
        self._at += 1
        return found

    def _bytes(self, size: int) -> bytes:
        found = self._data[self._at : self._at + size]
        if len(found) != size:
            raise IndexError(size)
        self._at += size
        return found

    def _unsigned(self) -> int:
        found = shift = 0
        while True:
            byte = self._byte()
            found |= (byte & _LOW) << shift
            if byte < _MORE:
                return found
            shift += 7

    def _signed(self) -> int:
        found = self._unsigned()
        return (found >> 1) ^ -(found & 1)


@dataclass(slots=True)
class _Output:
    data: bytearray = field(default_factory=bytearray)

    def struct(self, struct: Struct) -> None:
        before = 0
        for number, (kind, value) in sorted(struct.items()):
            step = number - before
            if 0 < step < 16:  # noqa: PLR2004  four bits
                self.data.append(step << 4 | kind)
            else:
                self.data.append(kind)
                self._signed(number)
            before = number
            if kind not in (TRUE, FALSE):
                self._value(kind, value)
        self.data.append(0)

    def _value(self, kind: int, value: Value) -> None:
        match value:
            case bytes():
                if kind == BINARY:
                    self._unsigned(len(value))
                self.data += value
            case int():
                if kind in (TRUE, FALSE):
                    self.data.append(value)
                else:
                    self._signed(value)
            case Items():
                self._items(value)
            case Pairs():
                self._unsigned(len(value.pairs))
                if value.pairs:
                    self.data.append(value.kinds)
                for key, one in value.pairs:
                    self._value(value.kinds >> 4, key)
                    self._value(value.kinds & 0x0F, one)
            case dict():
                self.struct(value)
            case _:
                raise ValueError(f"{value!r} cannot be written")

    def _items(self, items: Items) -> None:
        size = len(items.values)
        if size < _LONG_LIST:
            self.data.append(size << 4 | items.kind)
        else:
            self.data.append(_LONG_LIST << 4 | items.kind)
            self._unsigned(size)
        for one in items.values:
            self._value(items.kind, one)

    def _unsigned(self, number: int) -> None:
        while number > _LOW:
            self.data.append(number & _LOW | _MORE)
            number >>= 7
        self.data.append(number)

    def _signed(self, number: int) -> None:
        self._unsigned((number << 1) ^ (number >> 63))
