"""Base of what a user may set on a connection, and the names all connectors share."""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict

CANONICAL: Mapping[str, str] = MappingProxyType(
    {
        "host": "Name or address of the server.",
        "port": "TCP port of the server.",
        "database": "Database to connect to.",
        "user": "User to connect as.",
        "password": "Password of the user; write it as a secret reference.",
        "schema_name": "Schema that unqualified stream names are looked up in.",
        "url": "Address of the system.",
        "allow_private": "Private hosts, addresses and networks that may be reached, perhaps "
        "with a port; all others are refused.",
        "path": "File or folder, relative to the project's folder.",
        "encoding": "Character encoding of text.",
        "connect_timeout_secs": "Longest wait for a connection.",
        "read_timeout_secs": "Longest wait for an answer.",
        "tls": "How the connection is encrypted and the server verified.",
        "tls_ca": "File with the certificates that are trusted.",
        "dialect": "Which relative of the system this is.",
        "time_zone": "Time zone of timestamps that carry none.",
    }
)
"""Option names with one meaning everywhere; a connector that has the idea uses the name."""


class Options(BaseModel):
    """Closed and immutable. Units stand in names (`_secs`, `_bytes`, `_rows`).

    Secrets are declared as `pydantic.SecretStr`; they arrive resolved. Values come from
    JSON, so enumerations and numbers are checked strictly.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
