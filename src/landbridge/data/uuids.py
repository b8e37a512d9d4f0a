"""UUIDs between their 16 bytes and their 36 characters, whole columns at a time."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from landbridge.data.types import UUID

_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_DASHES = (8, 13, 18, 23)
_DIGITS = np.array([at for at in range(36) if at not in _DASHES])
_BYTES = 16
_CHARACTERS = 36


def uuid_text(values: pa.Array) -> pa.Array:
    """Return the lower-case text of a column of 16-byte values; NULL stays NULL.

    Example:
        >>> uuid_text(pa.array([bytes(range(16)), None], pa.binary(16))).to_pylist()
        ['00010203-0405-0607-0809-0a0b0c0d0e0f', None]
    """
    filled = values.fill_null(bytes(_BYTES))
    data = filled.buffers()[1]
    raw = np.frombuffer(data, dtype=np.uint8)
    raw = raw[filled.offset * _BYTES : (filled.offset + len(filled)) * _BYTES]
    text = np.full((len(filled), _CHARACTERS), ord("-"), dtype=np.uint8)
    digits = np.empty((len(filled), 2 * _BYTES), dtype=np.uint8)
    pairs = raw.reshape(-1, _BYTES)
    digits[:, 0::2] = _HEX[pairs >> 4]
    digits[:, 1::2] = _HEX[pairs & 15]
    text[:, _DIGITS] = digits
    offsets = np.arange(len(filled) + 1, dtype=np.int32) * _CHARACTERS
    joined = pa.StringArray.from_buffers(
        len(filled), pa.py_buffer(offsets), pa.py_buffer(text.tobytes())
    )
    if values.null_count == 0:
        return joined
    return pc.if_else(values.is_valid(), joined, pa.scalar(None, pa.string()))


def uuid_bytes(texts: pa.Array) -> pa.Array:
    """Return the 16 bytes of each text, with or without dashes, in either case.

    Raises:
        ValueError: A text is not a UUID; the message names its row.

    Example:
        >>> uuid_bytes(pa.array(["00010203-0405-0607-0809-0A0B0C0D0E0F"]))[0].as_py()[-1]
        15
    """
    plain = pc.replace_substring(texts.cast(pa.string()), "-", "")
    fits = pc.fill_null(pc.match_substring_regex(plain, "^[0-9a-fA-F]{32}$"), True)  # noqa: FBT003
    wrong = pc.index(fits, pa.scalar(False)).as_py()  # noqa: FBT003
    if wrong >= 0:
        raise ValueError(f"row {wrong} is not a UUID")
    filled = pc.fill_null(plain, "0" * 2 * _BYTES)
    if isinstance(filled, pa.ChunkedArray):
        filled = filled.combine_chunks()
    offsets = filled.buffers()[1]
    start = int(np.frombuffer(offsets, dtype=np.int32)[filled.offset]) if len(filled) else 0
    raw = np.frombuffer(filled.buffers()[2] or b"", dtype=np.uint8)
    raw = raw[start : start + len(filled) * 2 * _BYTES]
    value = np.where(raw <= ord("9"), raw - ord("0"), (raw | 0x20) - ord("a") + 10)
    value = value.astype(np.uint8)
    packed = (value[0::2] << 4) | value[1::2]
    made = pa.FixedSizeBinaryArray.from_buffers(
        UUID, len(filled), [None, pa.py_buffer(packed.tobytes())]
    )
    if texts.null_count == 0:
        return made
    return pc.if_else(texts.is_valid(), made, pa.scalar(None, UUID))
