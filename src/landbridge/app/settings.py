"""The environment, read once and handed on as a value."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the process was started with.

    Attributes:
        environment: The environment variables.
        language: Language of texts for people.
    """

    environment: Mapping[str, str]
    language: Language = "en"


def process_settings(language: str = "") -> Settings:
    """Return the settings of this process; a language that is stated wins."""
    stated = {"LANDBRIDGE_LANGUAGE": language} if language else {}
    return read_settings({**os.environ, **stated})


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings that an environment gives.

    `LANDBRIDGE_LANGUAGE` (`en`, `zh`) wins over the locale of the terminal.

    Example:
        >>> read_settings({"LANG": "zh_CN.UTF-8"}).language
        'zh'
    """
    locale = (
        environment.get("LANDBRIDGE_LANGUAGE")
        or environment.get("LC_ALL")
        or environment.get("LC_MESSAGES")
        or environment.get("LANG")
        or "en"
    )
    language: Language = "zh" if locale.lower().startswith("zh") else "en"
    return Settings(MappingProxyType(dict(environment)), language)
