"""What a user may set on a connection to a database of any kind."""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from landbridge.sdk.options import Options

Interface = Literal["sqlalchemy", "adbc", "odbc"]


class SqlOptions(Options):
    """How to reach a database that has no connector of its own."""

    interface: Interface = Field(
        default="sqlalchemy",
        description="Library that speaks to the database. `sqlalchemy` reads and writes; "
        "`adbc` and `odbc` read, in columns from end to end.",
    )
    url: SecretStr = Field(
        description="Address of the database: a SQLAlchemy URL, the `uri` of an ADBC driver, "
        "or an ODBC connection string.",
        examples=["oracle+oracledb://scott@db:1521/?service_name=erp", "Driver={DM8 ODBC};…"],
    )
    user: str | None = Field(default=None, description="User to connect as.")
    password: SecretStr | None = Field(
        default=None, description="Password of the user; write it as a secret reference."
    )
    driver: str = Field(
        default="",
        pattern=r"^(adbc_driver_[a-z0-9_]+)?$",
        description="Python package of the ADBC driver.",
        examples=["adbc_driver_snowflake"],
    )
    dialect: str = Field(
        default="",
        pattern=r"^[a-z0-9_]*$",
        description="SQLAlchemy dialect by which statements for `adbc` and `odbc` are spelt; "
        "by default standard SQL.",
        examples=["mssql", "oracle"],
    )
    schema_name: str | None = Field(
        default=None, description="Schema that unqualified stream names are looked up in."
    )
    keys: Mapping[str, tuple[str, ...]] = Field(
        default_factory=dict[str, tuple[str, ...]],
        description="Key columns of streams whose key the database does not tell: views, "
        "and all streams of `adbc` and `odbc`.",
        examples=[{"sales": ["id"]}],
    )

    value_bytes: int = Field(
        default=1 << 20,
        gt=0,
        description="Most bytes of one text or binary value that `odbc` reads; a longer one "
        "is refused, never cut.",
    )

    @model_validator(mode="after")
    def _driver_belongs_to_adbc(self) -> Self:
        if (self.interface == "adbc") != bool(self.driver):
            raise ValueError("`driver` is needed by the interface adbc, and by no other")
        return self
