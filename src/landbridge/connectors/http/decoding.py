"""Bodies as they were before they were compressed, a little at a time."""

import zlib
from collections.abc import Iterator

import httpx

from landbridge.kernel.errors import DataUnreadableError

ACCEPTED = "gzip, deflate"
_BLOCK = 1 << 16
_EITHER = 32 + zlib.MAX_WBITS


def decoded(response: httpx.Response) -> Iterator[bytes]:
    """Yield a body in blocks that stay small, however well it was compressed.

    Raises:
        DataUnreadableError: It is compressed in another way, or broken.
    """
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in {"", "identity"}:
        yield from response.iter_raw()
        return
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise DataUnreadableError(f"the answer is compressed as {encoding}, not {ACCEPTED}")
    try:
        yield from _inflated(response.iter_raw())
    except zlib.error as error:
        raise DataUnreadableError(f"the answer is not {encoding}: {error}") from error


def _inflated(blocks: Iterator[bytes]) -> Iterator[bytes]:
    machine = zlib.decompressobj(_EITHER)
    begun = False
    for block in blocks:
        rest = block
        while rest:
            if machine.eof:
                machine = zlib.decompressobj(_EITHER)  # gzip may have several members
            begun = True
            yield machine.decompress(rest, _BLOCK)
            rest = machine.unconsumed_tail or machine.unused_data
    if begun and not machine.eof:
        yield machine.flush()
        raise DataUnreadableError("the compressed answer breaks off")
