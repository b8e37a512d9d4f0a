"""The sentences of faults, in English and Chinese."""

from collections.abc import Mapping
from typing import Literal

from landbridge.specs import catalogue_en, catalogue_zh
from landbridge.specs.codes import FaultCode
from landbridge.specs.texts import Catalogue, Texts

Facts = Mapping[str, str | int]
_CATALOGUES: Mapping[str, Catalogue] = {
    "en": catalogue_en.CATALOGUE,
    "zh": catalogue_zh.CATALOGUE,
}
_KIND_FACTS = frozenset({"expected", "found"})


def problem_text(code: FaultCode, facts: Facts, language: Literal["en", "zh"]) -> str:
    """Return what is wrong, as a sentence."""
    catalogue = _CATALOGUES[language]
    return catalogue.texts[code].problem.format_map(_worded(facts, catalogue))


def remedy_text(code: FaultCode, facts: Facts, language: Literal["en", "zh"]) -> str:
    """Return what would be right, as a sentence."""
    catalogue = _CATALOGUES[language]
    worded = _worded(facts, catalogue)
    return _remedy(catalogue.texts[code], worded).format_map(worded)


def _remedy(texts: Texts, worded: Mapping[str, str]) -> str:
    lacks = any(f"{{{name}}}" in texts.remedy for name, value in worded.items() if not value)
    return texts.plain_remedy if lacks and texts.plain_remedy else texts.remedy


def _worded(facts: Facts, catalogue: Catalogue) -> dict[str, str]:
    worded = {name: str(value) for name, value in facts.items()}
    for name in _KIND_FACTS.intersection(worded):
        kinds = worded[name].split(",")
        worded[name] = catalogue.kinds["or"].join(catalogue.kinds[kind] for kind in kinds)
    if "advice" in worded:
        worded["advice"] = catalogue.advice.get(worded["advice"], "")
    return worded
