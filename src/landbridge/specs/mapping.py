"""The mapping of a copy: how each field of the target comes from the source."""

from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)

from landbridge.specs.codes import FaultCode
from landbridge.specs.places import check_encoding, check_inside, check_time_zone
from landbridge.specs.spec import Name, Refusal, Scalar, Spec, Text, refuse
from landbridge.specs.types import check_type_name, family

Column = Annotated[Text, Field(description="Name of a column.", examples=["material_no"])]
TypeName = Annotated[
    Text,
    AfterValidator(check_type_name),
    Field(
        description="Logical type of the target's field.",
        examples=["int64", "decimal(12,2)", "string", "timestamp_tz", "date", "bool"],
    ),
]
ORIGINS = ("from", "expression", "constant", "split", "merge")
_FITTING: dict[str, tuple[str, ...]] = {
    "rounding": ("integer", "decimal"),
    "time_zone": ("time", "string"),
    "encoding": ("string", "binary"),
    "format": ("time", "integer", "decimal", "float", "string"),
}
_EXAMPLE_TYPES = {
    "rounding": "decimal(12,2)",
    "time_zone": "timestamp_tz",
    "encoding": "string",
    "format": "date",
}

Normalisation = Literal[
    "trim",
    "collapse_spaces",
    "half_width",
    "upper",
    "lower",
    "strip_leading_zeros",
    "empty_to_null",
    "nfc",
    "nfkc",
]
Unmatched = Literal["refuse", "null", "keep", "default"]
UnmatchedSetting = Annotated[
    Unmatched,
    Field(description="What a value that is not in the table becomes; `refuse` fails its row."),
]
KeyColumn = Annotated[Column, Field(alias="from")]
ValueColumn = Annotated[Column, Field(alias="to")]


class FileCodeTable(Spec):
    """Replace a value by what a file of the project says for it."""

    file: Annotated[Text, AfterValidator(check_inside)] = Field(
        description="CSV, Excel or Parquet file, relative to the project.",
        examples=["code_tables/units.csv"],
    )
    key_column: KeyColumn = Field(description="Column that holds the source's value.")
    value_column: ValueColumn = Field(description="Column that holds the value wanted.")
    unmatched: UnmatchedSetting = "refuse"


class StreamCodeTable(Spec):
    """Replace a value by what a stream of a connection says for it."""

    connection: Name = Field(description="Connection that has the stream.")
    stream: Text = Field(description="Stream that holds the table.", examples=["units"])
    key_column: KeyColumn = Field(description="Column that holds the source's value.")
    value_column: ValueColumn = Field(description="Column that holds the value wanted.")
    unmatched: UnmatchedSetting = "refuse"


def _code_table_tag(value: object) -> str:
    if isinstance(value, StreamCodeTable):
        return "stream"
    if isinstance(value, dict) and not {"connection", "stream"}.isdisjoint(value):
        return "stream"
    return "file"


CodeTable = Annotated[
    Annotated[FileCodeTable, Tag("file")] | Annotated[StreamCodeTable, Tag("stream")],
    Discriminator(_code_table_tag),
]


class Merge(Spec):
    """Join the texts of several source fields; nulls are left out."""

    columns: tuple[Column, ...] = Field(
        alias="from", min_length=2, description="Fields to join.", examples=[["a", "b"]]
    )
    separator: str = Field(default="", description="What stands between them.", examples=["-"])


class SeparatorSplit(Spec):
    """Take one piece of a text that a separator divides."""

    column: Column = Field(alias="from")
    separator: Text = Field(description="What divides the pieces.", examples=["-"])
    index: int = Field(default=0, description="Which piece; -1 is the last.")


class PatternSplit(Spec):
    """Take what one group of a regular expression matches; no match gives null."""

    column: Column = Field(alias="from")
    pattern: Text = Field(description="Regular expression.", examples=["^([A-Z]+)-"])
    group: int = Field(default=1, ge=0, description="Which group; 0 is the whole match.")


def _split_tag(value: object) -> str:
    if isinstance(value, PatternSplit):
        return "pattern"
    if isinstance(value, dict) and not {"pattern", "group"}.isdisjoint(value):
        return "pattern"
    return "separator"


Split = Annotated[
    Annotated[SeparatorSplit, Tag("separator")] | Annotated[PatternSplit, Tag("pattern")],
    Discriminator(_split_tag),
]


class FieldMapping(Spec):
    """One field of the target. It has exactly one origin.

    The steps apply in this order: origin, `normalise`, `code_table`, `default`, `type`
    with its rules, `required`.
    """

    to: Column = Field(description="Field of the target.")
    column: Column | None = Field(
        default=None, alias="from", description="Field of the source, taken as it is."
    )
    expression: Text | None = Field(
        default=None, description="SQL over the source's fields.", examples=["price * qty"]
    )
    constant: Scalar = Field(default=None, description="The same value for every row.")
    split: Split | None = Field(default=None, description="One piece of a source's text.")
    merge: Merge | None = Field(
        default=None, description="Texts of several source fields, joined."
    )
    type: TypeName | None = Field(default=None, description="Cast to this logical type.")
    default: Scalar = Field(default=None, description="Value that takes the place of null.")
    rounding: Literal["half_up", "half_even", "down", "error"] | None = Field(
        default=None, description="What happens to digits that the type cannot keep."
    )
    time_zone: Annotated[str, AfterValidator(check_time_zone)] | None = Field(
        default=None,
        description="Zone in which times without a zone are meant.",
        examples=["Asia/Shanghai"],
    )
    encoding: Annotated[str, AfterValidator(check_encoding)] | None = Field(
        default=None,
        description="How text is written in bytes.",
        examples=["utf-8", "gb18030"],
    )
    format: Text | None = Field(
        default=None,
        description="How a date, a time or a number is written as text.",
        examples=["%Y-%m-%d"],
    )
    normalise: tuple[Normalisation, ...] = Field(
        default=(), description="Changes of the text, one after another."
    )
    code_table: CodeTable | None = Field(
        default=None, description="Table that says what each value becomes."
    )
    required: bool = Field(default=False, description="A null fails the row.")

    @property
    def origin(self) -> str:
        """Which of `from`, `expression`, `constant`, `split`, `merge` the document gives."""
        return next(iter(self._origins()))

    @model_validator(mode="after")
    def _keeps_the_rules(self) -> Self:
        refusals = [*self._origin_refusals(), *self._option_refusals()]
        table = self.code_table
        if (
            table is not None
            and table.unmatched == "default"
            and "default" not in self.model_fields_set
        ):
            at = ("code_table", "unmatched")
            refusals.append(Refusal(FaultCode.DEFAULT_MISSING, at, {"field": self.to}))
        refuse(refusals)
        return self

    def _origins(self) -> list[str]:
        given = {
            "from" if name == "column" else name
            for name in self.model_fields_set
            if name == "constant" or getattr(self, name) is not None
        }
        return [name for name in ORIGINS if name in given]

    def _origin_refusals(self) -> list[Refusal]:
        given = self._origins()
        if len(given) == 1:
            return []
        facts: dict[str, str | int] = {"count": len(given), "allowed": ", ".join(ORIGINS)}
        return [Refusal(FaultCode.ORIGIN_COUNT, tuple(given[1:2]), facts)]

    def _option_refusals(self) -> list[Refusal]:
        kind = family(self.type) if self.type is not None else ""
        return [
            Refusal(
                FaultCode.OPTION_UNFIT if kind else FaultCode.TYPE_NEEDED,
                (option,),
                {
                    "option": option,
                    "type": self.type or "",
                    "fitting": ", ".join(fitting),
                    "example": _EXAMPLE_TYPES[option],
                },
            )
            for option, fitting in _FITTING.items()
            if getattr(self, option) is not None and kind not in fitting
        ]


class MappingSpec(Spec):
    """How the fields of the target come from those of the source."""

    rest: Literal["keep", "drop"] = Field(
        default="keep", description="What happens to source fields that no entry names."
    )
    fields: tuple[FieldMapping, ...] = Field(
        default=(), description="Fields of the target, in their order."
    )
    filter: Text | None = Field(
        default=None,
        description="SQL condition; rows that do not meet it are counted, not copied.",
        examples=["status <> 'deleted'"],
    )

    @field_validator("fields")
    @classmethod
    def _fields_differ(cls, fields: tuple[FieldMapping, ...]) -> tuple[FieldMapping, ...]:
        seen: dict[str, int] = {}
        refusals: list[Refusal] = []
        for index, field in enumerate(fields):
            first = seen.setdefault(field.to, index)
            if first != index:
                facts: dict[str, str | int] = {"name": field.to, "first": f"fields[{first}]"}
                refusals.append(Refusal(FaultCode.NAME_REPEATED, (index, "to"), facts))
        refuse(refusals)
        return fields
