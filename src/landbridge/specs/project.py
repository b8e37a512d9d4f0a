"""The `project` document: `landbridge.yaml`."""

from typing import Literal

from pydantic import Field, field_validator

from landbridge.specs.codes import FaultCode
from landbridge.specs.secret_providers import EnvSecrets, FileSecrets, SecretProvider
from landbridge.specs.settings import CopySettings, Retention
from landbridge.specs.spec import Name, Note, Spec, refused

STATE_SCHEMES = ("sqlite:///", "postgresql+psycopg://")


class ProjectSpec(Spec):
    """A project: its name, where its state lives, where its secrets come from."""

    kind: Literal["project"]
    name: Name
    description: Note = ""
    state: str = Field(
        default="sqlite:///.landbridge/state.db",
        description="Where runs, ledgers and quarantine are kept; a relative SQLite path "
        "starts at the project.",
        examples=["postgresql+psycopg://landbridge:${secret:state_password}@db/landbridge"],
    )
    secrets: tuple[SecretProvider, ...] = Field(
        default=(EnvSecrets(), FileSecrets()),
        description="Asked in this order; the first that knows a secret's name answers.",
    )
    defaults: CopySettings = Field(
        default=CopySettings(), description="Settings of copies that do not say otherwise."
    )
    retention: Retention = Field(default=Retention(), description="How long the past is kept.")

    @field_validator("state")
    @classmethod
    def _is_a_database_we_know(cls, state: str) -> str:
        if not state.startswith(STATE_SCHEMES) or state in STATE_SCHEMES:
            raise refused(FaultCode.STATE_URL_UNUSABLE)
        return state
