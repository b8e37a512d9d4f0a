"""What every part of a document has in common."""

from collections.abc import Sequence
from typing import Annotated, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from landbridge.specs.codes import FaultCode

Scalar = str | int | float | bool | None
"""A value without parts."""

NAME_PATTERN: Final = r"^[a-z][a-z0-9_]{0,62}$"
Name = Annotated[
    str,
    Field(
        pattern=NAME_PATTERN,
        description="Lower-case letters, digits and underscores; begins with a letter.",
        examples=["material_master"],
    ),
]
Text = Annotated[str, Field(min_length=1)]
Note = Annotated[str, Field(description="For people; nothing depends on it.")]
Count = Annotated[int, Field(gt=0)]
Bytes = Annotated[int, Field(ge=4096)]
Days = Annotated[int, Field(gt=0)]
Options = dict[str, JsonValue]
"""Options of a connector as written; the connector's own model judges them."""


class Spec(BaseModel):
    """A part of a document: closed, immutable, comparable."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Refusal(NamedTuple):
    """One broken rule inside a model, for `refuse`.

    Attributes:
        code: Which rule.
        at: Where below the model, as written in the document.
        facts: What the texts of the fault mention.
    """

    code: FaultCode
    at: tuple[str | int, ...]
    facts: dict[str, str | int]


def refuse(refusals: Sequence[Refusal]) -> None:
    """Report every broken rule of a model at once.

    Call it at the end of a model's "after" validator; without refusals it does nothing.

    Raises:
        ValidationError: One error per refusal, each located below the model.
    """
    if not refusals:
        return
    raise ValidationError.from_exception_data(
        "rules",
        [
            InitErrorDetails(
                type=PydanticCustomError(code.value, "{rule}", {"rule": code.value, **facts}),
                loc=at,
                input=None,
            )
            for code, at, facts in refusals
        ],
    )


def refused(code: FaultCode, **facts: str | int) -> PydanticCustomError:
    """Return the error that a field validator raises for a broken rule."""
    return PydanticCustomError(code.value, "{rule}", {"rule": code.value, **facts})
