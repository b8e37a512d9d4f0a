"""A table such as an ERP has, with the types, gaps and oddities that copies stumble over."""

import uuid
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_NAMES = [
    "不锈钢螺栓 M8×30",
    "轴承",
    "O-ring, NBR",
    "Schraube für Gehäuse",
    "密封垫片（耐高温）",
    "🙂 sample",
]
_CITIES = ["上海", "苏州", "München", "Ho Chi Minh"]


def order_rows(count: int, rng: np.random.Generator) -> pa.Table:
    """Return that many order lines, which the generator alone determines."""
    columns = {
        "id": pa.array(rng.permutation(count) + 1, pa.int64()),
        "line": _gaps(rng, rng.integers(0, 4, count).astype(np.int32), 0.1),
        "quantity": _gaps(rng, rng.integers(-5, 5, count), 0.1),
        "stock": pa.array(rng.integers(0, 1000, count), pa.int64()),
        "price": _money(rng, count, 0.1),
        "discount": _money(rng, count, 0.3),
        "rate": _gaps(rng, rng.choice([0.0, -0.0, 0.1, float("nan"), 1e300], count), 0.1),
        "code": pa.array([f"M-{n:08d}" for n in rng.integers(0, 10**6, count)]),
        "name": _texts(rng, _NAMES, count),
        "city": _texts(rng, _CITIES, count),
        "created": _gaps(rng, rng.integers(0, 2**41, count) * 1000, 0.1).cast(_LOCAL),
        "updated": _gaps(rng, rng.integers(0, 2**51, count), 0.1).cast(_INSTANT),
        "due": _gaps(rng, rng.integers(0, 20_000, count).astype(np.int32), 0.1).cast(
            pa.date32()
        ),
        "paid": _gaps(rng, rng.integers(0, 2, count), 0.1).cast(pa.bool_()),
        "uid": pa.array([str(uuid.UUID(bytes=rng.bytes(16))) for _ in range(count)]),
        "extra": pa.array(
            [f'{{"batch": {n}, "tags": ["红", "x"]}}' for n in rng.integers(0, 99, count)]
        ),
        "scan": pa.array([rng.bytes(int(n)) if n else b"" for n in rng.integers(0, 40, count)]),
    }
    return pa.table(columns)


_LOCAL = pa.timestamp("us")
_INSTANT = pa.timestamp("us", "UTC")


def _holes(rng: np.random.Generator, count: int, share: float) -> NDArray[np.bool_]:
    return rng.random(count) < share


def _gaps(rng: np.random.Generator, values: NDArray[Any], share: float) -> pa.Array:
    return pa.array(values, mask=_holes(rng, len(values), share))


def _money(rng: np.random.Generator, count: int, share: float) -> pa.Array:
    cents = rng.integers(0, 10**7, count) * rng.choice([0, 1, 10, 100], count)
    holes = _holes(rng, count, share)
    return pa.array(
        [
            None if hole else Decimal(int(n)).scaleb(-2)
            for n, hole in zip(cents, holes, strict=True)
        ],
        pa.decimal128(12, 2),
    )


def _texts(rng: np.random.Generator, words: list[str], count: int) -> pa.Array:
    choices: list[str | None] = [None, "", " ", *words]
    picked = rng.integers(0, len(choices), count)
    return pa.array([choices[n] if n < 3 else f"{choices[n]} {n % 7}" for n in picked])
