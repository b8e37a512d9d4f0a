"""How alike two names are, by the ideas they are made of."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz.distance import JaroWinkler

from landbridge.engine.matching.dictionary import Idea, Ideas, dictionary
from landbridge.engine.matching.names import RAW, Reading, readings, written_as

_WEAK = frozenset({"description", "flag", "contact", "base", "actual", "per", "person"})
_HEADS = frozenset({"code", "name", "id", "date", "time", "amount", "quantity", "price"})
_APART = (
    frozenset({"code", "id", "name", "date", "amount", "quantity", "phone", "address", "rate"}),
    frozenset({"created", "updated", "deleted", "approved", "due", "effective", "expire"}),
    frozenset({"start", "end"}),
    frozenset({"net", "gross", "total", "tax"}),
    frozenset({"bill", "ship"}),
    frozenset({"parent", "child"}),
    frozenset({"good", "bad", "sample"}),
)
_SHORT = 3
_ALIKE = 0.86


@dataclass(frozen=True, slots=True)
class NameLikeness:
    """How alike two names are, and why.

    Attributes:
        score: From 0 to 1.
        by: `same`, `word`, `pinyin`, `initials` or `spelling`.
        ideas: Ideas that both names have.
    """

    score: float
    by: str
    ideas: Ideas = ()


@dataclass(frozen=True, slots=True)
class Words:
    """What a field is called: its name and its comment.

    Attributes:
        name: The field's name.
        comment: Its comment, or "".
    """

    name: str
    comment: str = ""

    def texts(self) -> Iterable[tuple[str, float]]:
        """Return what can be read, with the trust it deserves.

        A comment that is the name in Chinese says which of many words the letters mean.
        """
        spelled = _plain(self.name) in map(_plain, written_as(self.comment).values())
        if not spelled:
            yield self.name, 1.0
        if self.comment:
            yield self.comment, 1.0 if spelled else 0.95


class Likeness:
    """Compares names of two streams.

    An idea that the name of its stream has already, or that most of its fields have, tells
    little: `material_code` in a stream of materials is its code.

    Args:
        streams: Names of the two streams.
        names: Names of all fields of both.
    """

    def __init__(self, streams: Iterable[str], names: Iterable[str]) -> None:
        self._context = {idea for stream in streams for idea in readings(stream)[0].ideas}
        self._often = Counter(idea for name in names for idea in set(readings(name)[0].ideas))

    def compare(self, first: Words, second: Words) -> NameLikeness:
        """Return how alike the names are, by their best readings."""
        best = NameLikeness(0.0, "word")
        for one, trust in first.texts():
            for other, too in second.texts():
                found = self._texts(one, other)
                score = found.score * trust * too
                if score > best.score:
                    best = NameLikeness(score, found.by, found.ideas)
        return best

    def _texts(self, first: str, second: str) -> NameLikeness:
        if _plain(first) == _plain(second):
            return NameLikeness(1.0, "same", readings(first)[0].ideas)
        best = _written(first, second)
        for one in readings(first):
            for other in readings(second):
                score = self._ideas(one.ideas, other.ideas) * _trust(one, other)
                if score > best.score:
                    by = one.by if one.by != "word" else other.by
                    shared = tuple(idea for idea in one.ideas if idea in other.ideas)
                    best = NameLikeness(score, by, shared)
        return best

    def _ideas(self, first: Ideas, second: Ideas) -> float:
        pairs = sorted(
            ((_near(a, b), i, j) for i, a in enumerate(first) for j, b in enumerate(second)),
            key=lambda pair: (-pair[0], pair[1], pair[2]),
        )
        taken_first: dict[int, float] = {}
        taken_second: dict[int, float] = {}
        for near, i, j in pairs:
            if near > 0 and i not in taken_first and j not in taken_second:
                taken_first[i] = taken_second[j] = near
        matched = self._sum(first, taken_first) + self._sum(second, taken_second)
        whole = self._sum(first) + self._sum(second)
        return matched / whole * _conflict(first, second)

    def _sum(self, ideas: Ideas, taken: Mapping[int, float] | None = None) -> float:
        return sum(
            self._weight(idea) * (1.0 if taken is None else taken.get(at, 0.0))
            for at, idea in enumerate(ideas)
        )

    def _weight(self, idea: Idea) -> float:
        weight = 0.4 if idea in self._context else 1.0
        if idea in _WEAK:
            weight *= 0.5
        if idea not in _HEADS and self._often[idea] > _SHORT:
            weight *= 0.7
        return weight


def _written(first: str, second: str) -> NameLikeness:
    """Compare the pinyin of one name with the letters of the other."""
    for one, other in ((first, second), (second, first)):
        forms = written_as(one)
        letters = _plain(other)
        if forms and letters.isascii():
            if _plain(forms["pinyin"]) == letters:
                return NameLikeness(0.97, "pinyin")
            if len(letters) > 1 and _plain(forms["initials"]) == letters:
                return NameLikeness(0.9, "initials")
    spelled = JaroWinkler.similarity(_plain(first), _plain(second))
    return NameLikeness(spelled * 0.8 if spelled > _ALIKE else 0.0, "spelling")


def _near(first: Idea, second: Idea) -> float:
    if first[:1] == RAW or second[:1] == RAW:
        return _spelling(first.removeprefix(RAW), second.removeprefix(RAW))
    return dictionary().nearness(first, second)


def _spelling(first: str, second: str) -> float:
    if first == second:
        return 1.0
    short, long = sorted((first, second), key=len)
    if len(short) < _SHORT or not short.isascii():
        return 0.0
    if short[0] == long[0] and _inside(short, long):
        return 0.7
    spelled: float = JaroWinkler.similarity(first, second)
    return spelled * 0.9 if spelled > _ALIKE else 0.0


def _inside(short: str, long: str) -> bool:
    """Tell whether the letters of one stand in the other in their order: `matl`, `qnty`."""
    letters = iter(long)
    return all(letter in letters for letter in short)


def _conflict(first: Ideas, second: Ideas) -> float:
    """Return less than 1 when the names say things that exclude one another."""
    found = 1.0
    for apart in _APART:
        one, other = apart.intersection(first), apart.intersection(second)
        if one and other and not one & other:
            nearest = max(dictionary().nearness(a, b) for a in one for b in other)
            found *= max(0.5, nearest)
    return found


def _trust(first: Reading, second: Reading) -> float:
    return first.trust * second.trust


def _plain(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())
