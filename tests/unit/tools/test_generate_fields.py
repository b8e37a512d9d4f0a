"""A model's table of fields says what a document may hold."""

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, JsonValue, SecretStr
from tools.generate.fields import cell, table


class _Slow(BaseModel):
    """Take your time."""

    pace: Literal["slow"]


class _Fast(BaseModel):
    """Hurry."""

    pace: Literal["fast"]
    limit: int = Field(default=3, gt=0, le=9, description="How often.")


class _Options(BaseModel):
    """Everything a table must show."""

    host: str = Field(description="Where | which.", examples=["db.example"])
    password: SecretStr = SecretStr("hidden")
    mode: Annotated[_Slow | _Fast, Field(discriminator="pace")]
    tags: tuple[str, ...] = ()
    extra: dict[str, JsonValue] = Field(default_factory=dict)
    level: Literal["low", "high"] | None = Field(default=None, description="How loud.")


@pytest.mark.parametrize(
    "row",
    [
        '| `host` | text | required | Where \\| which. For example `"db.example"`. |',
        '| `password` | secret text | `"**********"` |  |',
        "| `mode` | [_Slow](#_slow) or [_Fast](#_fast) | required |  |",
        "| `tags` | list of text | `[]` |  |",
        "| `extra` | mapping | none |  |",
        "| `level` | `low` or `high` | none | How loud. |",
        "| `limit` | whole number, more than 0, at most 9 | `3` | How often. |",
    ],
)
def test_each_field_has_its_row(row: str) -> None:
    assert row in table(_Options, level=3).splitlines()


def test_each_part_has_its_section() -> None:
    lines = table(_Options, level=3).splitlines()
    assert lines[lines.index("### _Fast") + 2] == "Hurry."
    assert "### JsonValue" not in lines


def test_a_default_secret_is_never_shown() -> None:
    assert "hidden" not in table(_Options, level=3)


def test_text_stays_inside_its_cell() -> None:
    assert cell("one\n  two | three") == "one two \\| three"
