"""The `connection` document: how to reach one system."""

from typing import Literal

from pydantic import Field, JsonValue

from landbridge.specs.spec import Name, Note, Options, Spec


class ConnectionSpec(Spec):
    """One system: the connector that speaks to it, and that connector's options.

    The options are judged by the connector's own model, later: see
    `landbridge.specs.options.validate_options`. Any text in them may refer to a secret as
    `${secret:name}`.
    """

    kind: Literal["connection"]
    name: Name
    connector: Name = Field(
        description="Kind of system.", examples=["postgres", "mysql", "sqlite", "files"]
    )
    description: Note = ""
    options: Options = Field(
        default_factory=dict[str, JsonValue],
        description="Options of the connector; `${secret:name}` refers to a secret.",
        examples=[{"host": "db.example", "password": "${secret:erp_password}"}],
    )
