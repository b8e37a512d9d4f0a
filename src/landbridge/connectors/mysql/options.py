"""What a user may set on a connection to MySQL or one of its relatives."""

from typing import Literal

from pydantic import Field, SecretStr

from landbridge.sdk.options import Options

DialectName = Literal["mysql", "mariadb", "tidb", "oceanbase", "doris", "starrocks"]
Tls = Literal["off", "prefer", "require", "verify_ca", "verify_full"]
Bulk = Literal["auto", "local_infile", "values"]


class MysqlOptions(Options):
    """How to reach one database."""

    host: str = Field(
        min_length=1, description="Name or address of the server, or the path of its socket."
    )
    port: int = Field(default=3306, ge=1, le=65535, description="TCP port of the server.")
    database: str = Field(min_length=1, description="Database to connect to.")
    user: str = Field(min_length=1, description="User to connect as.")
    password: SecretStr | None = Field(
        default=None, description="Password of the user; write it as a secret reference."
    )
    dialect: DialectName = Field(
        default="mysql",
        description="Which relative of the system this is; MariaDB is recognised by itself.",
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
    read_timeout_secs: int = Field(
        default=3600, ge=1, description="Longest wait for an answer."
    )
    lock_timeout_secs: int = Field(
        default=60, ge=1, description="Longest wait for a lock before trying again later."
    )
    zero_dates: Literal["refuse", "null"] = Field(
        default="refuse",
        description="What `0000-00-00` and dates without month or day are read as.",
    )
    times: Literal["time", "text"] = Field(
        default="time",
        description=(
            "How TIME is read: as a time of day, which cannot be negative or beyond 24 "
            "hours, or as exact text, which can."
        ),
    )
    booleans: Literal["int", "bool"] = Field(
        default="int",
        description="How `tinyint(1)` is read; `bool` refuses values other than 0 and 1.",
    )
    instants: Literal["datetime", "timestamp"] = Field(
        default="datetime",
        description=(
            "What points in time are kept in: `datetime(6)` in UTC, or `timestamp(6)`, which "
            "ends in 2038 on most servers."
        ),
    )
    bulk: Bulk = Field(
        default="auto",
        description=(
            "How rows are written: streamed by `LOAD DATA LOCAL`, by `INSERT` of many rows, "
            "or the first where the server allows it."
        ),
    )
