"""What a user may set on a DuckDB connection."""

from typing import Self

from pydantic import Field, model_validator

from landbridge.sdk.options import Options

MEMORY = ":memory:"


class DuckdbOptions(Options):
    """Where the database is, and how much of the machine it may use."""

    path: str = Field(
        description="The database file, relative to the project's folder; or `:memory:NAME` "
        "for a database that lives as long as the process uses it.",
        examples=["warehouse.duckdb", ":memory:scratch"],
    )
    schema_name: str = Field(
        default="main", description="Schema that unqualified stream names are looked up in."
    )
    read_only: bool = Field(
        default=False,
        description="Open the file read-only, so that other processes can read it too; "
        "nothing in this process can write it then.",
    )
    memory_bytes: int | None = Field(
        default=None,
        gt=0,
        description="Most memory DuckDB may use before it spills to disk; by default it "
        "decides, within the limits of the container.",
    )
    threads: int | None = Field(
        default=None, gt=0, description="Most threads DuckDB may use; by default all cores."
    )

    @property
    def in_memory(self) -> bool:
        """Whether the database is in memory."""
        return self.path.startswith(MEMORY)

    @model_validator(mode="after")
    def _memory_is_written(self) -> Self:
        if self.in_memory and self.read_only:
            raise ValueError("a database in memory cannot be read-only")
        return self
