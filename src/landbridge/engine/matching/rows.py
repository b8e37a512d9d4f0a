"""Rows of both samples that are about the same thing, and what they say of two fields."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from decimal import ROUND_HALF_EVEN, Decimal

from landbridge.engine.matching.evidence import Conversion, Facts, Finding, evidence
from landbridge.engine.matching.formats import code_number
from landbridge.engine.matching.sampled import FieldSample, StreamSample, Value
from landbridge.engine.matching.texts import shown

_DECIMAL = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")
_FEWEST_ROWS = 5
_MOST_ROWS = 300
_MOST_KEYS = 6
_GLANCE = 60
_AGREE = 0.9
_MATCHES = 0.7
_REPEATS = 8
_MOST_PAIRS = 200
_FIGURES = 4
_TWO = 2
_TABLE, _TABLE_OF_TWO = 0.85, 0.7
Pair = tuple[int, int]
Values = tuple[Value, Value]


@dataclass(frozen=True, slots=True)
class Joined:
    """Rows of both samples, matched by a pair of fields.

    Attributes:
        source: The source's field that matches them.
        target: The target's.
        rows: Numbers of the rows, in each sample.
        agreeing: How many other pairs of fields agree in these rows.
    """

    source: FieldSample
    target: FieldSample
    rows: Sequence[Pair]
    agreeing: int = 0

    @property
    def key(self) -> str:
        """The two fields, as a reader names them."""
        names = (self.source.name, self.target.name)
        return names[0] if names[0] == names[1] else " = ".join(names)

    def pairs(self, source: FieldSample, target: FieldSample) -> Sequence[Pair]:
        """Return the matched rows in which both fields have a value."""
        return [(i, j) for i, j in self.rows if source.forms[i] and target.forms[j]]


def join(source: StreamSample, target: StreamSample) -> Joined | None:
    """Return the matching of rows on which most other fields agree, or None.

    A pair of fields that only happens to share values matches rows that agree in nothing
    else: such a matching is not taken.
    """
    best: Joined | None = None
    for joined in _candidates(source, target):
        brief = replace(joined, rows=joined.rows[:_GLANCE])
        agreeing = sum(
            1
            for one in source.fields
            for other in target.fields
            if one is not joined.source
            and other is not joined.target
            and _agree(brief, one, other)
        )
        if agreeing > (best.agreeing if best else 0):
            best = replace(joined, agreeing=agreeing)
    return best


def row_finding(joined: Joined, source: FieldSample, target: FieldSample) -> Finding | None:
    """Return what the matched rows say of two fields, or None when they say nothing."""
    if source is joined.source and target is joined.target:
        told = {"count": len(joined.rows), "agreeing": joined.agreeing}
        score = _MATCHES if joined.agreeing > 1 else _MATCHES / 2
        return Finding(evidence("rows_matched", score, told))
    pairs = joined.pairs(source, target)
    if len(pairs) < _FEWEST_ROWS:
        return None
    shared = _equal(pairs, source, target)
    facts: Facts = {"shared": shared, "count": len(pairs), "key": joined.key}
    kinds = len({target.forms[j] for _, j in pairs})
    if shared >= _AGREE * len(pairs):
        score = (0.95 if kinds > _FIGURES else 0.6 if kinds > 1 else 0.15) * shared / len(pairs)
        return Finding(evidence("rows_equal", score, facts))
    values = [(source.values[i], target.values[j]) for i, j in pairs]
    converted = _factor(values, facts) or _table(values, facts)
    if converted is not None:
        return converted
    return Finding(evidence("rows_differ", 0.0, facts))


def _candidates(source: StreamSample, target: StreamSample) -> Iterator[Joined]:
    found: list[tuple[int, Joined]] = []
    for one in source.fields:
        for other in target.fields:
            if one.unique and other.unique and _may_join(one, other):
                rows = _matched(one, other)
                if len(rows) >= _FEWEST_ROWS:
                    found.append((len(rows), Joined(one, other, rows[:_MOST_ROWS])))
    found.sort(key=lambda pair: -pair[0])
    return (joined for _, joined in found[:_MOST_KEYS])


def _may_join(first: FieldSample, second: FieldSample) -> bool:
    kinds = {first.kind, second.kind}
    return kinds <= {"text", "number"} and "float" not in {first.logical, second.logical}


def _matched(first: FieldSample, second: FieldSample) -> Sequence[Pair]:
    found = _meeting(first.forms, second.forms)
    if len(found) >= _FEWEST_ROWS or first.shape is None or second.shape is None:
        return found
    return _meeting(
        [code_number(form) for form in first.forms],
        [code_number(form) for form in second.forms],
    )


def _meeting(first: Sequence[str], second: Sequence[str]) -> Sequence[Pair]:
    there = _by_form(second)
    return [(i, there[form]) for form, i in _by_form(first).items() if form in there]


def _by_form(forms: Sequence[str]) -> Mapping[str, int]:
    """Return the row of each value that only one row has."""
    often = Counter(forms)
    return {form: at for at, form in enumerate(forms) if form and often[form] == 1}


def _agree(joined: Joined, source: FieldSample, target: FieldSample) -> bool:
    pairs = joined.pairs(source, target)
    if len(pairs) < _FEWEST_ROWS or len({target.forms[j] for _, j in pairs}) == 1:
        return False
    return _equal(pairs, source, target) >= _AGREE * len(pairs)


def _equal(pairs: Sequence[Pair], source: FieldSample, target: FieldSample) -> int:
    """Return in how many rows the two are equal; a day is equal to a time on it."""
    if source.kind == target.kind == "moment":
        return sum(_same_moment(source.values[i], target.values[j]) for i, j in pairs)
    return sum(source.forms[i] == target.forms[j] for i, j in pairs)


def _same_moment(first: Value, second: Value) -> bool:
    if not isinstance(first, datetime) or not isinstance(second, datetime):
        return first == second
    whole_day = time() in {first.time(), second.time()}
    return first == second or (whole_day and first.date() == second.date())


def _factor(pairs: Sequence[Values], facts: Facts) -> Finding | None:
    numbers = [(_number(first), _number(second)) for first, second in pairs]
    known = [(a, b) for a, b in numbers if a and b]
    if (
        len(known) < max(_FEWEST_ROWS, _AGREE * len(pairs))
        or len({a for a, _ in known}) < _FEWEST_ROWS
    ):
        return None
    ratios = Counter(_rounded(b / a) for a, b in known)
    factor = max(known, key=lambda pair: abs(pair[0]))
    guess = _rounded(factor[1] / factor[0])
    for ratio in (ratios.most_common(1)[0][0], guess):
        shared = sum(_times(a, b, ratio) for a, b in known)
        if ratio not in {Decimal(0), Decimal(1)} and shared >= _AGREE * len(pairs):
            told = {**facts, "shared": shared, "factor": f"{ratio.normalize():f}"}
            return Finding(
                evidence("rows_factor", 0.9 * shared / len(pairs), told),
                Conversion("factor", factor=ratio.normalize()),
            )
    return None


def _rounded(ratio: Decimal) -> Decimal:
    """Return a ratio with four figures: units differ by round factors."""
    if not ratio:
        return Decimal(0)
    return ratio.quantize(Decimal(1).scaleb(ratio.adjusted() - _FIGURES + 1), ROUND_HALF_EVEN)


def _times(first: Decimal, second: Decimal, factor: Decimal) -> bool:
    """Tell whether the target is the product, as far as its digits show."""
    exponent = second.normalize().as_tuple().exponent
    last = exponent if isinstance(exponent, int) else 0
    return abs(first * factor - second) <= Decimal(1).scaleb(min(last, 0)) / 2


def _number(value: Value) -> Decimal | None:
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Decimal(value)
    return value if isinstance(value, Decimal) and value.is_finite() else None


def _table(pairs: Sequence[Values], facts: Facts) -> Finding | None:
    """Find that each value stands for one other, often enough that it is no accident."""
    found: dict[str, str] = {}
    for first, second in pairs:
        if found.setdefault(shown(first), shown(second)) != shown(second):
            return None
    repeats = len(pairs) - len(found)
    one_to_one = len(set(found.values())) == len(found)
    few = 1 < len(found) <= _MOST_PAIRS
    if not one_to_one or not few or repeats < max(_REPEATS, len(found)):
        return None
    first = min(found)
    told = {
        **facts,
        "pairs": len(found),
        "source": first,
        "target": found[first],
    }
    seen = evidence("rows_code_table", _TABLE if len(found) > _TWO else _TABLE_OF_TWO, told)
    return Finding(seen, Conversion("table", pairs=tuple(sorted(found.items()))))
