"""`docs/reference/documents.md`: every field of every document."""

from inspect import cleandoc

from pydantic import BaseModel

from landbridge.specs.connection import ConnectionSpec
from landbridge.specs.flow import FlowSpec
from landbridge.specs.project import ProjectSpec
from tools.generate.fields import table
from tools.generate.pages import MARK, Pages

_DOCUMENTS: dict[str, tuple[str, type[BaseModel]]] = {
    "project": ("landbridge.yaml", ProjectSpec),
    "connection": ("connections/NAME.yaml", ConnectionSpec),
    "flow": ("flows/NAME.yaml", FlowSpec),
}


def pages() -> Pages:
    """Return one page per kind of document."""
    return {
        f"docs/reference/{kind}.md": "\n".join(
            [
                f"# The `{kind}` document",
                "",
                MARK,
                "",
                cleandoc(model.__doc__ or "").split("\n\n")[0],
                "",
                f"File: `{file}`. Schema for editors: `schemas/{kind}.schema.json`.",
                "",
                table(model, level=2),
            ]
        )
        for kind, (file, model) in _DOCUMENTS.items()
    }
