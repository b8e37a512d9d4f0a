"""Cutting a table into key ranges that can be read side by side."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from landbridge.connectors.postgres.catalogue import Relation
from landbridge.connectors.postgres.dialects import QUOTING
from landbridge.connectors.postgres.keys import KeyColumn, quoted_text
from landbridge.kernel.errors import PositionUnusableError
from landbridge.sdk.reading import Reading, Share
from landbridge.sdk.sql.dialect import Execute

WHOLE = Share("all")
ROWS_WORTH_A_SHARE = 50_000

_HISTOGRAM = """
SELECT unnest(CAST(bounds AS text[])) FROM (
    SELECT CAST(histogram_bounds AS text) AS bounds FROM pg_catalog.pg_stats
    WHERE schemaname = %s AND tablename = %s AND attname = %s
    ORDER BY inherited DESC LIMIT 1
) AS known
"""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The first key column lies in ``[lower, upper)``, given as texts."""

    column: str
    lower: str | None = None
    upper: str | None = None

    def share(self, number: int) -> Share:
        """Return the share that stands for this."""
        return Share(f"range-{number:04}", json.dumps(asdict(self), ensure_ascii=False))


def share_conditions(share: Share, keys: Sequence[KeyColumn]) -> list[str]:
    """Return what a share demands of a row.

    Raises:
        PositionUnusableError: The table had another key when the share was made.
    """
    if not share.bounds:
        return []
    bounds = Bounds(**json.loads(share.bounds))
    if not keys or keys[0].column.name != bounds.column:
        raise PositionUnusableError(
            f"the share was cut by {bounds.column}, which is not the key any more",
            hint="start the copy anew",
        )
    [key, *_] = keys
    found: list[str] = []
    if bounds.lower is not None:
        found.append(f"{key.quoted} >= {key.literal(bounds.lower)}")
    if bounds.upper is not None:
        found.append(f"{key.quoted} < {key.literal(bounds.upper)}")
    return found


def is_divisible(relation: Relation, reading: Reading, want: int) -> bool:
    """Return whether several shares are of use."""
    partial = reading.keys is not None or (
        reading.window is not None and reading.window.after is not None
    )
    known = relation.rows
    return bool(
        want > 1
        and relation.key
        and not partial
        and (known is None or known >= 2 * ROWS_WORTH_A_SHARE)
    )


def key_ranges(
    execute: Execute, relation: Relation, key: KeyColumn, want: int
) -> Sequence[Share]:
    """Return shares of about equal size by what the server knows of the key's values."""
    if relation.rows is not None:
        want = min(want, max(1, relation.rows // ROWS_WORTH_A_SHARE))
    cuts = _cuts(_histogram(execute, relation, key), want)
    if not cuts and key.kind.logical == "int":
        cuts = _even_cuts(execute, relation, key, want)
    if not cuts:
        return [WHOLE]
    edges = [None, *cuts, None]
    pairs = itertools.pairwise(edges)
    return [Bounds(key.column.name, *pair).share(number) for number, pair in enumerate(pairs)]


def _histogram(execute: Execute, relation: Relation, key: KeyColumn) -> list[str]:
    name = relation.name
    rows = execute(_HISTOGRAM, (name.schema, name.table, key.column.name))
    return [str(value) for (value,) in rows]


def _cuts(bounds: Sequence[str], want: int) -> list[str]:
    """Quantiles between the first and the last bound, without repetition."""
    inner = bounds[1:-1]
    places = (len(inner) * part // want for part in range(1, want))
    return list(dict.fromkeys(inner[place] for place in places)) if inner else []


def _even_cuts(execute: Execute, relation: Relation, key: KeyColumn, want: int) -> list[str]:
    name = QUOTING.quoted(key.column.name)
    [(least, most)] = execute(
        f"SELECT min({name}), max({name}) FROM {relation.name.quoted}"  # noqa: S608  quoted names
    )
    if least is None or most is None:
        return []
    first, last = int(least), int(most)
    cuts = {first + (last - first) * part // want for part in range(1, want)}
    return [str(cut) for cut in sorted(cuts) if cut > first]


def newest_value(relation: Relation, column: str, type_name: str) -> str:
    """Return the statement for the greatest value of a cursor column, as ISO text."""
    name = QUOTING.quoted(column)
    table = relation.name.quoted
    greatest = f"SELECT max({name}) FROM {table}"  # noqa: S608  quoted names
    shape = {
        "timestamp": 'YYYY-MM-DD"T"HH24:MI:SS.US',
        "timestamptz": 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"',
        "date": "YYYY-MM-DD",
    }.get(type_name)
    if shape is None:
        return f"SELECT CAST(({greatest}) AS text), true"
    return f"SELECT to_char(m, {quoted_text(shape)}), isfinite(m) FROM ({greatest}) AS g (m)"  # noqa: S608  quoted names
