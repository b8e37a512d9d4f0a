"""Proposing which field of the source each field of the target comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from landbridge.engine.matching.evidence import (
    Conversion,
    Evidence,
    EvidenceKind,
    Facts,
    Finding,
    evidence,
)
from landbridge.engine.matching.likeness import Likeness, NameLikeness, Words
from landbridge.engine.matching.overlap import overlap
from landbridge.engine.matching.rows import Joined, join, row_finding
from landbridge.engine.matching.sampled import FieldSample, StreamSample
from landbridge.kernel.errors import OptionsInvalidError

DEFAULT_THRESHOLD = 0.6
DOUBTFUL = 0.4
_NAME, _VALUES, _ROWS = 0.9, 0.8, 0.95
_DIFFERENT = 0.4
_TYPES_APART = 0.5
_NEAR = 0.04
_RIVALRY = 0.12
_CERTAIN = 0.85
_BY_NAME: Mapping[str, EvidenceKind] = {
    "same": "name_same",
    "word": "name_word",
    "pinyin": "name_pinyin",
    "initials": "name_initials",
    "spelling": "name_spelling",
}
_NAME_TELLS = 0.2
_FITS: Mapping[frozenset[str], float] = {
    frozenset({"number", "text"}): 0.8,
    frozenset({"bool", "number"}): 0.85,
    frozenset({"bool", "text"}): 0.85,
    frozenset({"moment", "text"}): 0.3,
    frozenset({"moment", "number"}): 0.15,
    frozenset({"moment", "bool"}): 0.05,
    frozenset({"moment", "unknown"}): 0.6,
    frozenset({"number", "unknown"}): 0.8,
    frozenset({"bool", "unknown"}): 0.8,
    frozenset({"text", "unknown"}): 1.0,
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A field of the target and the source's field it seems to come from.

    Attributes:
        source: Field of the source.
        target: Field of the target.
        score: How sure this is, from 0 to 1.
        evidence: What speaks for it, and against it.
        conversion: What makes the target's value of the source's.
    """

    source: FieldSample
    target: FieldSample
    score: float
    evidence: tuple[Evidence, ...]
    conversion: Conversion


@dataclass(frozen=True, slots=True)
class Proposals:
    """What is proposed for two streams.

    Attributes:
        accepted: Proposals at or above the threshold, in the order of the target.
        doubtful: Proposals below it that a person may still want to see.
        unmatched: Fields of the target for which nothing is proposed.
        unused: Fields of the source that nothing takes.
        joined_by: Fields that matched rows of both samples, or "".
        joined_rows: How many rows they matched.
    """

    accepted: tuple[Proposal, ...]
    doubtful: tuple[Proposal, ...]
    unmatched: tuple[str, ...]
    unused: tuple[str, ...]
    joined_by: str = ""
    joined_rows: int = 0


def propose(
    source: StreamSample, target: StreamSample, threshold: float = DEFAULT_THRESHOLD
) -> Proposals:
    """Return proposals for the fields of a target stream; nothing is applied.

    Each field takes part in one proposal at most. The same samples give the same answer.

    Raises:
        OptionsInvalidError: The threshold is not between 0 and 1.
    """
    if not 0 < threshold <= 1:
        raise OptionsInvalidError("the threshold lies above 0 and at most at 1")
    joined = join(source, target)
    likeness = Likeness(
        (source.stream, target.stream),
        [one.name for one in (*source.fields, *target.fields)],
    )
    scored = [
        _scored(one, other, likeness.compare(_words(one), _words(other)), joined)
        for one in source.fields
        for other in target.fields
    ]
    chosen = _with_rivals(_assigned(scored), scored)
    order = {other.name: at for at, other in enumerate(target.fields)}
    chosen.sort(key=lambda one: order[one.target.name])
    accepted = tuple(one for one in chosen if one.score >= threshold)
    taken = {one.source.name for one in accepted}
    filled = {one.target.name for one in accepted}
    return Proposals(
        accepted,
        tuple(one for one in chosen if DOUBTFUL <= one.score < threshold),
        tuple(other.name for other in target.fields if other.name not in filled),
        tuple(one.name for one in source.fields if one.name not in taken),
        joined.key if joined else "",
        len(joined.rows) if joined else 0,
    )


def _scored(
    source: FieldSample, target: FieldSample, name: NameLikeness, joined: Joined | None
) -> Proposal:
    reasons: list[Evidence] = []
    if name.score >= _NAME_TELLS:
        facts: Facts = {"ideas": ", ".join(name.ideas), "percent": round(name.score * 100)}
        reasons.append(evidence(_BY_NAME[name.by], name.score, facts))
    by_rows = row_finding(joined, source, target) if joined else None
    by_values = overlap(source, target)
    doubt = 1 - _NAME * name.score
    if by_values is not None:
        doubt *= 1 - _VALUES * by_values.evidence.score
        reasons.append(by_values.evidence)
    factor = 1.0
    if by_rows is not None:
        doubt *= 1 - _ROWS * by_rows.evidence.score
        reasons.append(by_rows.evidence)
        if by_rows.evidence.kind == "rows_differ":
            factor = _DIFFERENT
    if by_rows is None or by_rows.evidence.kind == "rows_differ":
        factor *= _fit(source, target)
    reasons.append(_types(source, target))
    reasons.extend(_written(source))
    conversion = _conversion(by_rows, by_values)
    return Proposal(source, target, round((1 - doubt) * factor, 3), tuple(reasons), conversion)


def _conversion(by_rows: Finding | None, by_values: Finding | None) -> Conversion:
    """Return what rows say; else what values say."""
    if by_rows is not None and by_rows.evidence.kind not in {"rows_differ", "rows_matched"}:
        return by_rows.conversion
    return by_values.conversion if by_values is not None else Conversion()


def _types(source: FieldSample, target: FieldSample) -> Evidence:
    fit = _fit(source, target)
    kind: EvidenceKind = "types_fit" if fit > _TYPES_APART else "types_differ"
    return evidence(kind, fit, {"source": source.type_name, "target": target.type_name})


def _fit(source: FieldSample, target: FieldSample) -> float:
    if source.kind == target.kind:
        return 1.0
    return _FITS.get(frozenset({source.kind, target.kind}), 0.2)


def _written(source: FieldSample) -> Sequence[Evidence]:
    found: list[Evidence] = []
    if source.format is not None:
        found.append(evidence("date_format", 0.0, {"format": source.format.pattern}))
        if source.format.ambiguous:
            other = {"format": source.format.ambiguous}
            found.append(evidence("date_ambiguous", 0.0, other))
    if source.encoding:
        found.append(evidence("encoding", 0.0, {"encoding": source.encoding}))
    return found


def _assigned(scored: Sequence[Proposal]) -> list[Proposal]:
    """Return the best pairs, each field once: the surest pair first."""
    taken: set[str] = set()
    filled: set[str] = set()
    found: list[Proposal] = []
    for one in sorted(scored, key=lambda one: -one.score):
        if one.score < DOUBTFUL:
            break
        if one.source.name not in taken and one.target.name not in filled:
            taken.add(one.source.name)
            filled.add(one.target.name)
            found.append(one)
    return found


def _with_rivals(chosen: Sequence[Proposal], scored: Sequence[Proposal]) -> list[Proposal]:
    """Return the pairs; one that another field could replace as well is less sure."""
    sure = {(one.source.name, one.target.name): one.score for one in chosen}
    by_source = {one.source.name: one.score for one in chosen}
    by_target = {one.target.name: one.score for one in chosen}
    found: list[Proposal] = []
    for one in chosen:
        rivals = [
            other.source.name if other.target is one.target else other.target.name
            for other in scored
            if (other.source is one.source) != (other.target is one.target)
            and other.score >= one.score - _NEAR
            and not _settled(other, by_source, by_target)
        ]
        if rivals and sure[one.source.name, one.target.name] < _CERTAIN:
            reasons = (*one.evidence, evidence("rival", 0.0, {"rival": rivals[0]}))
            one = replace(one, score=round(one.score - _RIVALRY, 3), evidence=reasons)  # noqa: PLW2901
        found.append(one)
    return found


def _settled(
    other: Proposal, by_source: Mapping[str, float], by_target: Mapping[str, float]
) -> bool:
    """Tell whether a rival pair's fields both belong elsewhere more surely."""
    return (
        by_source.get(other.source.name, 0.0) > other.score
        or by_target.get(other.target.name, 0.0) > other.score
    )


def _words(field: FieldSample) -> Words:
    return Words(field.name, field.comment)
