"""The words of enterprise systems: which of them mean the same idea, in two languages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from pypinyin import Style, lazy_pinyin

Idea = str
Ideas = tuple[Idea, ...]


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Every word, by how it may be written.

    Attributes:
        english: Words, with single spaces between the tokens of longer ones.
        chinese: Chinese words.
        pinyin: Chinese words in pinyin without tones, written together.
        initials: First letters of the pinyin of Chinese words of at least two characters.
        near: How near two different ideas are; both orders are held.
        values: Meanings of a value, in lower case.
    """

    english: Mapping[str, tuple[Ideas, ...]]
    chinese: Mapping[str, tuple[Ideas, ...]]
    pinyin: Mapping[str, tuple[Ideas, ...]]
    initials: Mapping[str, tuple[Ideas, ...]]
    near: Mapping[tuple[Idea, Idea], float]
    values: Mapping[str, frozenset[str]]

    def nearness(self, first: Idea, second: Idea) -> float:
        """Return how near two ideas are, from 0 to 1."""
        return 1.0 if first == second else self.near.get((first, second), 0.0)


@lru_cache(maxsize=1)
def dictionary() -> Dictionary:
    """Return the dictionary that comes with the package; it is read once."""
    english: dict[str, list[Ideas]] = {}
    chinese: dict[str, list[Ideas]] = {}
    near: dict[tuple[Idea, Idea], float] = {}
    for line in _lines("terms.txt"):
        if line.startswith("~"):
            _, first, second, much = line.split()
            near[first, second] = near[second, first] = float(much)
            continue
        name, _, words = line.partition(":")
        ideas = tuple(name.split("+"))
        latin, _, han = words.partition(";")
        _put(english, latin, ideas)
        _put(chinese, han, ideas)
    pinyin: dict[str, list[Ideas]] = {}
    initials: dict[str, list[Ideas]] = {}
    for word, meanings in chinese.items():
        for ideas in meanings:
            _put(pinyin, full_pinyin(word), ideas)
            if len(word) > 1:
                _put(initials, pinyin_initials(word), ideas)
    return Dictionary(
        _frozen(english), _frozen(chinese), _frozen(pinyin), _frozen(initials), near, _values()
    )


def full_pinyin(text: str) -> str:
    """Return Chinese text in pinyin, without tones or spaces; other signs stay."""
    return "".join(lazy_pinyin(text)).lower()


def pinyin_initials(text: str) -> str:
    """Return the first letters of the pinyin of Chinese text; other signs stay.

    Example:
        >>> pinyin_initials("物料编码")
        'wlbm'
    """
    return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)).lower()


def _values() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _lines("values.txt"):
        meaning, _, words = line.partition(":")
        for word in words.split(","):
            found.setdefault(word.strip(), set()).add(meaning)
    return {word: frozenset(meanings) for word, meanings in found.items()}


def _lines(name: str) -> Iterator[str]:
    text = files("landbridge.engine.matching").joinpath(name).read_text(encoding="utf-8")
    return (line for line in text.splitlines() if line and not line.startswith("#"))


def _put(where: dict[str, list[Ideas]], words: str, ideas: Ideas) -> None:
    for word in words.split(","):
        known = where.setdefault(word.strip(), [])
        if ideas not in known:
            known.append(ideas)


def _frozen(found: Mapping[str, list[Ideas]]) -> Mapping[str, tuple[Ideas, ...]]:
    return {word: tuple(meanings) for word, meanings in found.items() if word}
