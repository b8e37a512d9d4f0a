"""Whatever a file holds, reading it gives a model or faults that help; never a traceback."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from landbridge.kernel.errors import DocumentsInvalidError
from landbridge.specs.documents import KINDS, Document, read_document
from landbridge.specs.examples import EXAMPLES
from landbridge.specs.faults import Fault
from landbridge.specs.loader import load_project
from landbridge.specs.options import validate_options
from landbridge.specs.tree import ListNode, MapNode, Node

FACTOR = int(os.environ.get("FUZZ_FACTOR", "1"))
"""Times as many examples; the long fuzz sets it."""

FILES = {
    "project": "landbridge.yaml",
    "connection": "connections/x.yaml",
    "flow": "flows/x.yaml",
}
WORDS = sorted(
    {
        *("no", "on", "~", "null", "true", "1_000", "010", "0x1F", "1e3", "1.10", ".inf"),
        *("2020-01-01", "12:30", "<<", "&a", "*a", "!!int", "!x", "- ", "---", "...", "%YAML"),
        *('"\\ud800"', "'", '"', "|", ">", "[", "]", "{", "}", ",", ": ", "? ", "#", "\t"),
        *("${secret:x}", "${secret:", "${secrets:x}", "{table}", "{", "merge", "append"),
        *("物料", "\U0001f600", "\x00", "\x85", "\u2028", "\ufeff", "9" * 50, "decimal(9,99)"),
        *("kind", "name", "nodes", "type", "copy", "source", "target", "write", "mode", "keys"),
        *("mapping", "fields", "to", "from", "split", "merge", "code_table", "options", "\n"),
        *("\n  ", "\n  - ", "\n    ", "\r\n", "needs", "streams", "defaults", "secrets"),
    }
)
scalars: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(WORDS),
)
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
    ),
    max_leaves=12,
)
kinds = st.sampled_from(sorted(KINDS))


def yaml_text(value: Any, indent: int = 0) -> str:
    """Write JSON values as block YAML, so that mutations of lines mean something."""
    pad = " " * indent
    if isinstance(value, dict) and value:
        return "".join(
            f"{pad}{json.dumps(key) if not key.isidentifier() else key}:"
            + (f"\n{yaml_text(below, indent + 2)}" if below and not is_flat(below) else "")
            + (f" {json.dumps(below)}\n" if not below or is_flat(below) else "")
            for key, below in value.items()
        )
    if isinstance(value, list) and value and not is_flat(value):
        return "".join(f"{pad}- {yaml_text(below, indent + 2).lstrip(' ')}" for below in value)
    return f"{pad}{json.dumps(value)}\n"


def is_flat(value: Any) -> bool:
    return not isinstance(value, dict | list) or (
        isinstance(value, list) and not any(isinstance(item, dict | list) for item in value)
    )


EXAMPLE_TEXTS = {kind: yaml_text(example) for kind, example in EXAMPLES.items()}


def assert_explained(fault: Fault, file: str, lines: int) -> None:
    assert fault.place.file == file
    assert 1 <= fault.place.line <= lines + 1
    assert fault.place.column >= 1
    assert fault.place.field
    for language in ("en", "zh"):
        assert fault.problem(language).strip(" .。")
        assert fault.remedy(language).strip(" .。")


def assert_read(data: bytes, kind: str | None, file: str = "flows/x.yaml") -> Document:
    document = read_document(data, file, kind)
    assert (document.spec is None) == bool(document.faults)
    lines = data.count(b"\n") + data.count(b"\r") + 1
    for fault in document.faults:
        assert_explained(fault, file, lines)
    return document


@given(st.binary(max_size=200), kinds)
@settings(max_examples=300 * FACTOR, deadline=None)
def test_random_bytes_are_read_or_explained(data: bytes, kind: str) -> None:
    assert_read(data, kind)


@given(st.text(max_size=200), kinds)
@settings(max_examples=300 * FACTOR, deadline=None)
def test_random_text_is_read_or_explained(text: str, kind: str) -> None:
    assert_read(text.encode("utf-8", "surrogatepass"), kind)


@given(st.lists(st.sampled_from(WORDS), max_size=40).map("".join), kinds)
@settings(max_examples=600 * FACTOR, deadline=None)
def test_random_yaml_is_read_or_explained(text: str, kind: str) -> None:
    assert_read(text.encode(), kind)


@given(values, st.sampled_from([None, *sorted(KINDS)]))
@settings(max_examples=300 * FACTOR, deadline=None)
def test_random_values_are_read_or_explained(value: Any, kind: str | None) -> None:
    assert_read(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"), kind)


def places_of(value: Any) -> list[tuple[Any, Any]]:
    """Every container of a value with each of its keys."""
    found: list[tuple[Any, Any]] = []
    steps: list[Any] = []
    if isinstance(value, dict):
        steps = list(value)
    elif isinstance(value, list):
        steps = list(range(len(value)))
    for step in steps:
        found += [(value, step), *places_of(value[step])]
    return found


@st.composite
def mutated_values(draw: st.DrawFn) -> tuple[str, Any]:
    kind = draw(kinds)
    document = json.loads(json.dumps(EXAMPLES[kind]))
    for _ in range(draw(st.integers(1, 4))):
        places = places_of(document)
        if not places:
            break
        holder, step = places[draw(st.integers(0, len(places) - 1))]
        action = draw(st.sampled_from(["replace", "remove", "rename", "add"]))
        if action == "replace":
            holder[step] = draw(values)
        elif action == "remove":
            del holder[step]
        elif isinstance(holder, list):
            holder.append(draw(values))
        elif action == "rename":
            word = str(step)
            at = draw(st.integers(0, len(word)))
            holder[word[:at] + draw(st.sampled_from("abe_1")) + word[at + 1 :]] = holder.pop(
                step
            )
        else:
            holder[draw(st.sampled_from(WORDS))] = draw(values)
    return kind, document


@given(mutated_values())
@settings(max_examples=800 * FACTOR, deadline=None)
def test_mutated_documents_are_read_or_explained(case: tuple[str, Any]) -> None:
    kind, document = case
    assert_read(yaml_text(document).encode("utf-8", "replace"), kind)


@st.composite
def mutated_texts(draw: st.DrawFn) -> tuple[str, str]:
    kind = draw(kinds)
    text = EXAMPLE_TEXTS[kind]
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 12))
        text = text[:at] + draw(st.sampled_from(["", *WORDS])) + text[at + length :]
    return kind, text


@given(mutated_texts())
@settings(max_examples=800 * FACTOR, deadline=None)
def test_mutated_text_is_read_or_explained(case: tuple[str, str]) -> None:
    kind, text = case
    assert_read(text.encode(), kind)


@given(mutated_texts(), mutated_values(), st.binary(max_size=40))
@settings(
    max_examples=150 * FACTOR,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_project_of_mutated_documents_loads_or_is_explained(
    tmp_path: Path, text: tuple[str, str], value: tuple[str, Any], data: bytes
) -> None:
    bodies = {kind: example.encode() for kind, example in EXAMPLE_TEXTS.items()}
    bodies[text[0]] = text[1].encode()
    bodies[value[0]] = yaml_text(value[1]).encode("utf-8", "replace")
    for kind, body in bodies.items():
        path = tmp_path / FILES[kind]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(body)
    (tmp_path / "connections" / "noise.yaml").write_bytes(data)

    with pytest.raises(DocumentsInvalidError) as failure:
        load_project(tmp_path)

    assert failure.value.faults
    for fault in failure.value.faults:
        assert isinstance(fault, Fault)
        body = (tmp_path / fault.place.file).read_bytes()
        assert_explained(fault, fault.place.file, body.count(b"\n") + body.count(b"\r") + 1)


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    mode: Literal["merge", "append"]
    keys: tuple[str, ...] | None = None


class AnyOptions(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: str = Field(default="", pattern="^[a-z]*$")
    kind: Inner | list[Inner] | int = 1
    write: dict[str, Inner] = Field(default_factory=dict[str, Inner])
    source: SecretStr | None = None
    keys: list[float | None] = Field(default_factory=list[float | None], max_length=2)


@given(st.dictionaries(st.sampled_from([*AnyOptions.model_fields, "x"]), values))
@settings(max_examples=400 * FACTOR, deadline=None)
def test_random_options_are_judged_or_explained(options: dict[str, Any]) -> None:
    document = {"kind": "connection", "name": "x", "connector": "x", "options": options}
    text = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
    where = read_document(text, "x.yaml").where
    if where is None:
        return
    try:
        validate_options(AnyOptions, options, where.below("options"))
    except DocumentsInvalidError as error:
        for fault in error.faults:
            assert isinstance(fault, Fault)
            assert fault.place.field.startswith("options")
            assert_explained(fault, "x.yaml", 1)


def test_the_examples_themselves_are_right() -> None:
    for kind, text in EXAMPLE_TEXTS.items():
        assert assert_read(text.encode(), kind).spec is not None


def one_place_off(kind: str, change: Callable[[dict[str, Any]], None]) -> Document:
    document = json.loads(json.dumps(EXAMPLES[kind]))
    change(document)
    return assert_read(yaml_text(document).encode(), kind)


def test_the_fuzz_does_reach_faults() -> None:
    document = one_place_off("flow", lambda flow: flow["nodes"][0].pop("write"))
    assert [fault.facts["name"] for fault in document.faults] == ["write"]


def test_every_value_of_a_document_knows_its_line() -> None:
    text = EXAMPLE_TEXTS["flow"]
    where = assert_read(text.encode(), "flow").where
    assert where is not None
    lines = text.split("\n")
    seen: list[str] = []

    def walk(node: Node, path: tuple[str | int, ...]) -> None:
        place = where.place(*path)
        rest = lines[place.line - 1][place.column - 1 :]
        if path and isinstance(path[-1], str):
            assert rest.startswith(path[-1])
            seen.append(path[-1])
        if isinstance(node, MapNode):
            for key, entry in node.entries.items():
                walk(entry.value, (*path, key))
        elif isinstance(node, ListNode):
            for index, item in enumerate(node.items):
                walk(item, (*path, index))

    walk(where.root, ())
    assert {"kind", "streams", "code_table", "file"} <= set(seen)
