"""Whether one storage keeps every value of another."""

import pyarrow as pa


def holds(given: pa.DataType, kept: pa.DataType) -> bool:
    """Return whether every value of a storage fits another of the same logical type.

    Example:
        >>> holds(pa.decimal128(10, 2), pa.decimal128(12, 2))
        True
        >>> holds(pa.uint32(), pa.int32())
        False
    """
    if given == kept:
        return True
    if pa.types.is_integer(given):
        signed, into = pa.types.is_signed_integer(given), pa.types.is_signed_integer(kept)
        if signed == into:
            return bool(given.bit_width <= kept.bit_width)
        return bool(into and given.bit_width < kept.bit_width)
    if pa.types.is_floating(given):
        return bool(given.bit_width <= kept.bit_width)
    if pa.types.is_decimal(given):
        whole = given.precision - given.scale <= kept.precision - kept.scale
        return bool(whole and given.scale <= kept.scale)
    return False
