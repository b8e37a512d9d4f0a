"""The shape of a catalogue of fault texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from landbridge.specs.codes import FaultCode


class Texts(NamedTuple):
    """Problem and remedy of one kind of fault in one language.

    Attributes:
        problem: What is wrong.
        remedy: What would be right.
        plain_remedy: The same when a fact that `remedy` mentions is empty, else "".
    """

    problem: str
    remedy: str
    plain_remedy: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All texts of one language.

    Attributes:
        kinds: Words for kinds of value, and for "or" between them.
        advice: Remedies for kinds of YAML mistakes.
        texts: Problem and remedy for each fault.
    """

    kinds: Mapping[str, str]
    advice: Mapping[str, str]
    texts: Mapping[FaultCode, Texts]
