"""`schemas/`: JSON Schemas that editors complete and check documents with."""

import json
from typing import Any

from landbridge.sdk.manifest import ConnectorManifest
from landbridge.specs.connection import ConnectionSpec
from landbridge.specs.flow import FlowSpec
from landbridge.specs.project import ProjectSpec
from tools.generate.fields import schema_of
from tools.generate.pages import Pages

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
Manifests = tuple[ConnectorManifest[Any], ...]


def pages(manifests: Manifests) -> Pages:
    """Return one schema per kind of document and one per connector's options."""
    schemas: dict[str, dict[str, Any]] = {
        "project": schema_of(ProjectSpec),
        "flow": schema_of(FlowSpec),
        "connection": _connection(manifests),
    }
    for manifest in manifests:
        schemas[f"options-{manifest.name}"] = schema_of(manifest.options)
    return {
        f"schemas/{name}.schema.json": _text({"$schema": _DIALECT, **schema})
        for name, schema in schemas.items()
    }


def _connection(manifests: Manifests) -> dict[str, Any]:
    """Return the connection's schema; `connector` decides which options are meant."""
    schema = schema_of(ConnectionSpec)
    schema["allOf"] = [
        {
            "if": {"properties": {"connector": {"const": manifest.name}}},
            "then": {
                "properties": {"options": {"$ref": f"options-{manifest.name}.schema.json"}}
            },
        }
        for manifest in manifests
    ]
    return schema


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
