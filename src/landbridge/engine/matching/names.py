"""Reading the names of fields: which ideas a name is made of, however it is written."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product

from landbridge.engine.matching.dictionary import (
    Ideas,
    dictionary,
    full_pinyin,
    pinyin_initials,
)

_CHUNK = re.compile(r"[一-鿿]+|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_HAN = re.compile(r"[一-鿿]")
_AT_MOST = 24
_LONGEST_TERM = 3
_LONGEST_INITIALS = 10
_SHORTEST_WORD = 3
RAW = "?"


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand a name.

    Attributes:
        ideas: Ideas of the dictionary; `?` stands before a token it does not know.
        trust: How sure it is that the name means this, from 0 to 1.
        by: What was used to read it.
    """

    ideas: Ideas
    trust: float
    by: str


@lru_cache(maxsize=4096)
def readings(name: str) -> tuple[Reading, ...]:
    """Return the ways to understand a name, the surest first; never empty.

    Example:
        >>> readings("material_no")[0].ideas
        ('material', 'code')
        >>> ("material", "code") in {reading.ideas for reading in readings("wlbm")}
        True
    """
    chunks = _CHUNK.findall(unicodedata.normalize("NFKC", name))
    parts = [tuple(_run(run)) for run in _runs(chunks)]
    found: dict[Ideas, Reading] = {}
    for choice in islice(product(*parts), _AT_MOST * 4):
        ideas = tuple(idea for part in choice for idea in part.ideas)
        trust = min((part.trust for part in choice), default=0.0)
        by = next((part.by for part in choice if part.by != "word"), "word")
        if ideas and (ideas not in found or found[ideas].trust < trust):
            found[ideas] = Reading(ideas, trust, by)
    ranked = sorted(found.values(), key=lambda one: (-one.trust, one.ideas))
    return tuple(ranked[:_AT_MOST]) or (Reading((RAW + name.casefold(),), 0.5, "word"),)


def written_as(name: str) -> Mapping[str, str]:
    """Return the Latin forms of a name that has Chinese in it: `pinyin` and `initials`."""
    if not _HAN.search(name):
        return {}
    return {"pinyin": full_pinyin(name), "initials": pinyin_initials(name)}


def _runs(chunks: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield Chinese chunks alone, and Latin chunks as far as they stand together."""
    run: list[str] = []
    for chunk in chunks:
        if _HAN.match(chunk):
            if run:
                yield tuple(run)
            run = []
            yield (chunk,)
        elif not chunk.isdigit():
            run.append(chunk.lower())
    if run:
        yield tuple(run)


def _run(run: tuple[str, ...]) -> Iterator[Reading]:
    if _HAN.match(run[0]):
        yield from _chinese(run[0])
        return
    parts: list[tuple[Reading, ...]] = []
    at = 0
    while at < len(run):
        taken, found = _words(run, at)
        parts.append(found)
        at += taken
    for choice in islice(product(*parts), _AT_MOST):
        ideas = tuple(idea for part in choice for idea in part.ideas)
        by = next((part.by for part in choice if part.by != "word"), "word")
        yield Reading(ideas, min(part.trust for part in choice), by)


def _words(run: tuple[str, ...], at: int) -> tuple[int, tuple[Reading, ...]]:
    known = dictionary().english
    for length in range(min(_LONGEST_TERM, len(run) - at), 0, -1):
        term = " ".join(run[at : at + length])
        meanings = known.get(term) or (known.get(term + "s") if length == 1 else None)
        if meanings is None and length == 1 and term.endswith("s"):
            meanings = known.get(term[:-1])
        if meanings:
            return length, tuple(Reading(ideas, 1.0, "word") for ideas in meanings)
    return 1, tuple(_unknown(run[at]))


def _unknown(token: str) -> Iterator[Reading]:
    """Yield what a token that is no English word may be."""
    words = dictionary()
    joined = list(islice(_pieces(token, words.english, _SHORTEST_WORD), 2))
    yield from (Reading(ideas, 0.95, "word") for ideas in joined)
    spelled = list(islice(_pieces(token, words.pinyin, 2), 6))
    yield from (Reading(ideas, 0.9, "pinyin") for ideas in spelled)
    if not joined and not spelled and 1 < len(token) <= _LONGEST_INITIALS:
        for ideas in islice(_pieces(token, words.initials, 2), _AT_MOST):
            yield Reading(ideas, 0.8, "initials")
    if not joined and not spelled:
        yield Reading((RAW + token,), 0.6, "word")


def _pieces(
    token: str, known: Mapping[str, tuple[Ideas, ...]], shortest: int
) -> Iterator[Ideas]:
    """Yield the ideas of every way to cut a token into known words, few words first."""
    found: list[tuple[int, Ideas]] = []

    def cut(at: int, words: int, ideas: Ideas) -> None:
        if at == len(token):
            found.append((words, ideas))
            return
        if len(found) >= _AT_MOST * 4:
            return
        for end in range(len(token), at + shortest - 1, -1):
            for meaning in known.get(token[at:end], ()):
                cut(end, words + 1, (*ideas, *meaning))

    cut(0, 0, ())
    seen: set[Ideas] = set()
    for _, ideas in sorted(found, key=lambda one: one[0]):
        if ideas not in seen:
            seen.add(ideas)
            yield ideas


def _chinese(text: str) -> Iterator[Reading]:
    """Yield the readings of Chinese text, by the longest words from the left."""
    known = dictionary().chinese
    parts: list[tuple[Ideas, ...]] = []
    rest = ""
    at = 0
    while at < len(text):
        word = next(
            (text[at:end] for end in range(len(text), at, -1) if text[at:end] in known), ""
        )
        if word:
            if rest:
                parts.append(((RAW + rest,),))
            rest = ""
            parts.append(known[word])
        else:
            rest += text[at]
        at += len(word) or 1
    if rest:
        parts.append(((RAW + rest,),))
    for choice in islice(product(*parts), _AT_MOST):
        yield Reading(tuple(idea for ideas in choice for idea in ideas), 1.0, "word")
