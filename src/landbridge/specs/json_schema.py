"""JSON Schema of the documents, for editors."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from landbridge.specs.documents import KINDS
from landbridge.specs.examples import EXAMPLES

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schemas(
    connectors: Mapping[str, type[BaseModel]] | None = None,
) -> Mapping[str, dict[str, Any]]:
    """Return the schema of each kind of document, to be written to `schemas/KIND.json`.

    An editor that knows YAML schemas completes and checks a document whose first line is
    `# yaml-language-server: $schema=../schemas/flow.json`.

    Args:
        connectors: Options by connector; with them the schema of a connection also judges
            `options`.
    """
    schemas: dict[str, dict[str, Any]] = {}
    for kind, model in KINDS.items():
        schema = model.model_json_schema(by_alias=True)
        schema["title"] = f"Landbridge {kind}"
        schemas[kind] = {"$schema": _DIALECT, **schema, "examples": [EXAMPLES[kind]]}
    _judge_options(schemas["connection"], connectors or {})
    return schemas


def json_text(schema: Mapping[str, Any]) -> str:
    """Return a schema as the text of its file, the same for the same schema."""
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def _judge_options(schema: dict[str, Any], connectors: Mapping[str, type[BaseModel]]) -> None:
    if not connectors:
        return
    definitions = schema.setdefault("$defs", {})
    schema["properties"]["connector"]["examples"] = sorted(connectors)
    schema["allOf"] = []
    for connector, model in sorted(connectors.items()):
        options = model.model_json_schema(ref_template=f"#/$defs/{connector}.{{model}}")
        for name, definition in options.pop("$defs", {}).items():
            definitions[f"{connector}.{name}"] = definition
        definitions[f"{connector}.options"] = options
        schema["allOf"].append(
            {
                "if": {"properties": {"connector": {"const": connector}}},
                "then": {"properties": {"options": {"$ref": f"#/$defs/{connector}.options"}}},
            }
        )
