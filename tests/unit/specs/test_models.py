"""What the models know beyond their shape."""

import json

import pytest
from pydantic import JsonValue, ValidationError

from landbridge.specs.copy import CopyNode
from landbridge.specs.documents import KINDS
from landbridge.specs.examples import EXAMPLES
from landbridge.specs.flow import FlowSpec
from landbridge.specs.json_schema import json_schemas, json_text
from landbridge.specs.mapping import FieldMapping, PatternSplit, SeparatorSplit
from landbridge.specs.project import ProjectSpec
from landbridge.specs.settings import CopySettings, Quarantine, Stop

NODE: dict[str, JsonValue] = {
    "name": "a",
    "type": "copy",
    "source": {"connection": "erp", "streams": {"include": ["public.*"]}},
    "target": {"connection": "dw"},
    "write": {"mode": "append"},
}


def node(**changes: JsonValue) -> CopyNode:
    return CopyNode.model_validate_json(json.dumps({**NODE, **changes}))


def field(**parts: JsonValue) -> FieldMapping:
    return FieldMapping.model_validate_json(json.dumps({"to": "a", **parts}))


def test_a_nodes_settings_are_its_own_then_the_projects_then_ours() -> None:
    text = '{"kind": "project", "name": "p", "defaults": {"parallel": 8, "receipts": "off"}}'
    defaults = ProjectSpec.model_validate_json(text).defaults
    own = node(receipts="reread", failed_rows={"action": "quarantine"})

    settings = own.settings(defaults)

    assert (settings.parallel, settings.receipts) == (8, "reread")
    assert settings.failed_rows == Quarantine(action="quarantine")
    assert settings.batch_bytes == CopySettings().batch_bytes
    assert node().settings(CopySettings()).failed_rows == Stop()


@pytest.mark.parametrize(
    ("template", "stream", "name"),
    [
        ("{table}", "public.materials", "materials"),
        ("{table}", "materials", "materials"),
        ("ods.{schema}_{table}", "db.public.m", "ods.db.public_m"),
        ("copy of {stream}", "a.b", "copy of a.b"),
        ("{schema}{table}", "m", "m"),
        ("{table}", "x.{stream}", "{stream}"),
    ],
)
def test_a_target_is_named_after_its_source(template: str, stream: str, name: str) -> None:
    assert node(target={"connection": "dw", "stream": template}).target.name_for(stream) == name


def test_nodes_run_after_what_they_need() -> None:
    names: dict[str, list[JsonValue]] = {"c": ["b"], "a": [], "b": ["a"]}
    nodes = [{**NODE, "name": name, "needs": needs} for name, needs in names.items()]
    flow = FlowSpec.model_validate_json(
        json.dumps({"kind": "flow", "name": "f", "nodes": nodes})
    )
    assert [each.name for each in flow.ordered()] == ["a", "b", "c"]


def test_a_field_knows_its_origin() -> None:
    assert field(**{"from": "b"}).origin == "from"
    assert field(constant=None).origin == "constant"
    assert field(merge={"from": ["b", "c"]}).origin == "merge"
    split = field(split={"from": "b", "separator": "-"}).split
    assert isinstance(split, SeparatorSplit)
    assert (split.column, split.separator, split.index) == ("b", "-", 0)
    split = field(split={"from": "b", "pattern": "x(y)", "group": 1}).split
    assert isinstance(split, PatternSplit)
    assert (split.column, split.pattern, split.group) == ("b", "x(y)", 1)


@pytest.mark.parametrize("value", [True, 1, 1.5, "1", None])
def test_a_constant_keeps_its_kind(value: JsonValue) -> None:
    constant = field(constant=value).constant
    assert (constant, type(constant)) == (value, type(value))


def test_a_type_name_loses_its_spaces() -> None:
    assert field(**{"from": "b"}, type="decimal(12, 2)").type == "decimal(12,2)"


def test_documents_are_frozen() -> None:
    with pytest.raises(ValidationError):
        setattr(node(), "name", "b")  # noqa: B010  a type checker refuses the plain form


def test_each_kind_has_a_schema_with_a_right_example() -> None:
    schemas = json_schemas()
    assert set(schemas) == set(KINDS)
    for kind, schema in schemas.items():
        assert schema["$schema"].startswith("https://json-schema.org/")
        assert schema["title"] == f"Landbridge {kind}"
        assert schema["description"]
        [example] = schema["examples"]
        assert example == EXAMPLES[kind]
        assert schema["additionalProperties"] is False
        assert json.loads(json_text(schema)) == schema


def test_a_schema_of_connections_judges_the_options_of_known_connectors() -> None:
    schema = json_schemas({"inner": CopyNode})["connection"]
    [rule] = schema["allOf"]
    assert rule["if"] == {"properties": {"connector": {"const": "inner"}}}
    definitions = schema["$defs"]
    reference = rule["then"]["properties"]["options"]["$ref"]
    assert definitions[reference.removeprefix("#/$defs/")]["title"] == "CopyNode"
    wanted = {part.split('"')[0] for part in json.dumps(schema).split('"$ref": "#/$defs/')[1:]}
    assert wanted <= set(definitions)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_a_document_is_described(kind: str) -> None:
    schema = json_schemas()[kind]
    for model in (schema, *schema.get("$defs", {}).values()):
        for name, field_schema in model.get("properties", {}).items():
            described = {"description", "const"} & set(field_schema)
            assert described, f"{model['title']}.{name}"
