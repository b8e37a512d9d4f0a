"""Tables of the fields of a model, read from its JSON Schema."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

Schema = Mapping[str, Any]
_LONGEST_DEFAULT = 40
_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "nothing",
    "object": "mapping",
}
_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
    "exclusiveMaximum": "less than",
}


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of what a document may say for this model."""
    return model.model_json_schema(mode="validation")


def table(model: type[BaseModel], *, level: int) -> str:
    """Return a table of the model's fields, then a section for each part it is made of.

    Args:
        model: The model.
        level: How deep the headings of its parts are.
    """
    schema = schema_of(model)
    parts = schema.get("$defs", {})
    lines = list(_rows(schema))
    for name, part in parts.items():
        if "properties" in part:
            lines += ["", f"{'#' * level} {name}", "", _sentence(part), "", *_rows(part)]
        elif "enum" in part:
            lines += ["", f"{'#' * level} {name}", "", _sentence(part), "", _type(part)]
    return "\n".join(lines) + "\n"


def cell(text: str) -> str:
    """Return text that stays inside one cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")


def _rows(schema: Schema) -> Iterator[str]:
    required = set(schema.get("required", ()))
    yield "| field | type | default | meaning |"
    yield "|---|---|---|---|"
    for name, field in schema.get("properties", {}).items():
        default = "required" if name in required else _default(field)
        meaning = cell(_meaning(field))
        yield f"| `{name}` | {cell(_type(field))} | {cell(default)} | {meaning} |"


def _sentence(part: Schema) -> str:
    return " ".join(str(part.get("description", "")).split())


def _meaning(field: Schema) -> str:
    said = field.get("description", "")
    if not said:
        said = next((o["description"] for o in _options(field) if "description" in o), "")
    examples = field.get("examples", ())
    if not examples:
        return said
    shown = ", ".join(f"`{json.dumps(one, ensure_ascii=False)}`" for one in examples)
    return f"{said} For example {shown}."


def _default(field: Schema) -> str:
    if "default" not in field or field["default"] is None:
        return "none"
    text = json.dumps(field["default"], ensure_ascii=False)
    return f"`{text}`" if len(text) <= _LONGEST_DEFAULT else "its own defaults"


def _options(field: Schema) -> list[Schema]:
    found: list[Schema] = field.get("anyOf") or field.get("oneOf") or field.get("allOf") or []
    return [option for option in found if option.get("type") != "null"]


def _type(field: Schema) -> str:
    if "$ref" in field:
        name = str(field["$ref"]).rsplit("/", 1)[-1]
        return "any value" if name == "JsonValue" else f"[{name}](#{name.lower()})"
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return " or ".join(f"`{value}`" for value in field["enum"])
    if options := _options(field):
        return " or ".join(dict.fromkeys(_type(option) for option in options))
    return _container(field) or _plain(field)


def _container(field: Schema) -> str:
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}" if "items" in field else "list"
    if field.get("type") == "object" and isinstance(field.get("additionalProperties"), dict):
        inner = _type(field["additionalProperties"])
        return f"mapping to {inner}" if inner != "any value" else "mapping"
    return ""


def _plain(field: Schema) -> str:
    if field.get("format") == "password":
        return "secret text"
    word = _WORDS.get(str(field.get("type", "")), "any value")
    bounds = [f"{said} {field[key]}" for key, said in _BOUNDS.items() if key in field]
    return ", ".join([word, *bounds])
