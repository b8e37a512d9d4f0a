"""What a user may set on a connection to PostgreSQL."""

from typing import Literal

from pydantic import Field, SecretStr

from landbridge.sdk.options import Options

DialectName = Literal["postgres", "greenplum", "opengauss", "gaussdb", "kingbase"]
Tls = Literal["off", "prefer", "require", "verify_ca", "verify_full"]


class PostgresOptions(Options):
    """How to reach one database."""

    host: str = Field(description="Name or address of the server, or the folder of its socket.")
    port: int = Field(default=5432, ge=1, le=65535, description="TCP port of the server.")
    database: str = Field(min_length=1, description="Database to connect to.")
    user: str = Field(min_length=1, description="User to connect as.")
    password: SecretStr | None = Field(
        default=None, description="Password of the user; write it as a secret reference."
    )
    schema_name: str = Field(
        default="public",
        min_length=1,
        description="Schema that unqualified stream names are looked up in.",
    )
    dialect: DialectName = Field(
        default="postgres", description="Which relative of PostgreSQL this is."
    )
    tls: Tls = Field(
        default="prefer",
        description="How the connection is encrypted and the server verified.",
    )
    tls_ca: str | None = Field(
        default=None, description="File with the certificates that are trusted."
    )
    connect_timeout_secs: int = Field(
        default=10, ge=1, description="Longest wait for a connection."
    )
    lock_timeout_secs: int = Field(
        default=60, ge=1, description="Longest wait for a lock before trying again later."
    )
    application_name: str = Field(
        default="landbridge", description="How the sessions are called in `pg_stat_activity`."
    )
    numerics: Literal["decimal", "text"] = Field(
        default="decimal",
        description=(
            "How `numeric(p,s)` is read: as decimals, which cannot hold NaN, or as exact "
            "text, which can."
        ),
    )
