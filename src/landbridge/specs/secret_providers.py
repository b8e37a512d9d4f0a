"""Where a project's secrets come from."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from landbridge.specs.codes import FaultCode
from landbridge.specs.spec import Count, Refusal, Spec, Text, refuse


class FileSecrets(Spec):
    """A file of the project: names in clear, values encrypted, so it may live in Git."""

    type: Literal["file"] = "file"
    path: Text = Field(
        default="secrets.yaml.enc", description="The file, relative to the project."
    )
    key_env: Text = Field(
        default="LANDBRIDGE_SECRET_KEY",
        description="Environment variable that holds the key or pass phrase.",
    )
    key_file: Text | None = Field(
        default=None,
        description="File that holds the key, asked when the variable is not set.",
        examples=["/run/secrets/landbridge.key"],
    )


class EnvSecrets(Spec):
    """Environment variables: the prefix, then the secret's name in upper case."""

    type: Literal["env"] = "env"
    prefix: str = Field(
        default="LANDBRIDGE_SECRET_",
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="`erp_password` is read from `LANDBRIDGE_SECRET_ERP_PASSWORD`.",
    )


class CommandSecrets(Spec):
    """A program that prints the secret, such as a password store's client."""

    type: Literal["command"] = "command"
    command: tuple[Text, ...] = Field(
        min_length=1,
        description="Program and arguments, run without a shell; `{name}` is the secret.",
        examples=[["pass", "show", "landbridge/{name}"]],
    )
    timeout_secs: Count = Field(default=10, description="Longest wait for an answer.")

    @model_validator(mode="after")
    def _names_the_secret(self) -> Self:
        if not any("{name}" in part for part in self.command):
            facts: dict[str, str | int] = {"placeholder": "{name}"}
            refuse([Refusal(FaultCode.PLACEHOLDER_MISSING, ("command",), facts)])
        return self


SecretProvider = Annotated[
    FileSecrets | EnvSecrets | CommandSecrets, Field(discriminator="type")
]
