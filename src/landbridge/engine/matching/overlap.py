"""What the values of two fields have in common, without knowing which rows belong together."""

from collections.abc import Iterator, Mapping, Set

from landbridge.engine.matching.dictionary import dictionary
from landbridge.engine.matching.evidence import Conversion, Finding, evidence
from landbridge.engine.matching.formats import code_number
from landbridge.engine.matching.sampled import FieldSample

_TELLING = 12
_SHARE_LEAST = 0.05
_FEWEST_CODES = 5
_FEW = 30


def overlap(source: FieldSample, target: FieldSample) -> Finding | None:
    """Return what the two fields' values have in common, or None when nothing tells."""
    found = [*_same(source, target), *_codes(source, target), *_meanings(source, target)]
    return max(found, key=lambda one: one.evidence.score, default=None)


def _same(source: FieldSample, target: FieldSample) -> Iterator[Finding]:
    first, second = source.distinct, target.distinct
    share = _share(first, second)
    if share < _SHARE_LEAST:
        return
    telling = _telling(first & second)
    if source.kind == "number" or target.kind == "number":
        telling *= 0.5  # numbers meet by chance
    facts = {"shared": len(first & second), "count": min(len(first), len(second))}
    yield Finding(evidence("values_shared", share**0.5 * telling, facts))


def _codes(source: FieldSample, target: FieldSample) -> Iterator[Finding]:
    to = target.shape
    if source.shape is None or to is None or source.shape == to:
        return
    first = {code_number(text): text for text in source.shown}
    second = {code_number(text): text for text in target.shown}
    shared = sorted(set(first) & set(second))
    share = _share(set(first), set(second))
    if len(shared) < _FEWEST_CODES or share < _SHARE_LEAST:
        return
    facts: dict[str, str | int] = {
        "shared": len(shared),
        "count": min(len(first), len(second)),
        "source": first[shared[0]],
        "target": second[shared[0]],
    }
    conversion = Conversion("code", to) if to.prefix or to.width else Conversion("number")
    score = share**0.5 * _telling(set(shared)) * 0.7
    yield Finding(evidence("codes_shared", score, facts), conversion)


def _meanings(source: FieldSample, target: FieldSample) -> Iterator[Finding]:
    if max(len(source.distinct), len(target.distinct)) > _FEW or not source.distinct:
        return
    pairs = same_meaning(source, target)
    different = sum(first.casefold() != second.casefold() for first, second in pairs.items())
    fewest = min(len(source.distinct), len(target.distinct))
    if not different or len(pairs) < max(2, fewest * 0.6):
        return
    first = next(iter(pairs))
    facts: dict[str, str | int] = {
        "shared": len(pairs),
        "count": len(source.distinct),
        "source": first,
        "target": pairs[first],
    }
    numbers = all(value.isdigit() for value in pairs.values())
    score = 0.35 if numbers else 0.6
    yield Finding(
        evidence("meanings_shared", score, facts),
        Conversion("table", pairs=tuple(pairs.items())),
    )


def same_meaning(source: FieldSample, target: FieldSample) -> Mapping[str, str]:
    """Return the target's value for each of the source's values that means the same."""
    known = dictionary().values
    found: dict[str, str] = {}
    for value in sorted(source.shown):
        meanings = known.get(value.casefold(), frozenset())
        fitting = [
            other
            for other in sorted(target.shown)
            if meanings & known.get(other.casefold(), frozenset())
        ]
        if len(fitting) == 1:
            found[value] = fitting[0]
    return found if len(set(found.values())) == len(found) else {}


def _share(first: Set[str], second: Set[str]) -> float:
    fewest = min(len(first), len(second))
    return len(first & second) / fewest if fewest else 0.0


def _telling(shared: Set[str]) -> float:
    """Return how much the shared values tell: a few short ones are in many fields."""
    letters = sum(min(len(value), _TELLING) for value in shared) / (_TELLING * 2.0)
    return min(1.0, len(shared) / _TELLING, 0.2 + letters)
