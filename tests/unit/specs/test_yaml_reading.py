"""YAML's surprises have defined results."""

import json

import pytest

from landbridge.specs.scalars import resolve
from landbridge.specs.tree import MapNode, json_of
from landbridge.specs.yaml_reader import MAX_DEPTH, read_yaml


def values(text: str) -> object:
    reading = read_yaml(text.encode(), "x.yaml")
    assert reading.faults == ()
    assert reading.root is not None
    return json.loads(json_of(reading.root))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("n", "n"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("42", 42),
        ("+42", 42),
        ("-0", 0),
        ("007", "007"),
        ("-01", "-01"),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2020-01-01", "2020-01-01"),
        ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("00.5", "00.5"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("٣", "٣"),
        ("=", "="),
        ("!!str 42", "42"),
        ("'42'", "42"),
        ('"42"', "42"),
        ("|\n  42", "42"),
        (">\n  4\n  2", "4 2"),
    ],
)
def test_a_scalar_is_what_yaml_1_2_says_and_else_text(text: str, value: object) -> None:
    assert values(f"a: {text}") == {"a": value}


def test_norway_is_a_key_like_any_other() -> None:
    assert values("no: Norway\non: 1\ny: 2") == {"no": "Norway", "on": 1, "y": 2}


def test_an_alias_stands_for_its_value() -> None:
    assert values("a: &x [1, {b: 2}]\nc: *x\nd: &k key\n*k : v") == {
        "a": [1, {"b": 2}],
        "c": [1, {"b": 2}],
        "d": "key",
        "key": "v",
    }


def test_a_byte_order_mark_does_not_move_columns() -> None:
    reading = read_yaml(b"\xef\xbb\xbfa: 1", "x.yaml")
    assert isinstance(reading.root, MapNode)
    assert (reading.root.entries["a"].spot.line, reading.root.entries["a"].spot.column) == (
        1,
        1,
    )


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_are_the_editors_whatever_ends_them(ending: str) -> None:
    reading = read_yaml(ending.join(["# 物料", "a: 😀", "b: 1"]).encode(), "x.yaml")
    assert isinstance(reading.root, MapNode)
    assert [entry.spot.line for entry in reading.root.entries.values()] == [2, 3]


def test_columns_count_characters() -> None:
    reading = read_yaml("a: {物料: 1, b: 2}".encode(), "x.yaml")
    assert isinstance(reading.root, MapNode)
    below = reading.root.entries["a"].value
    assert isinstance(below, MapNode)
    assert [entry.spot.column for entry in below.entries.values()] == [5, 12]


def test_a_repeated_key_keeps_the_first_value() -> None:
    reading = read_yaml(b"a: 1\na: 2\na: 3", "x.yaml")
    assert reading.root is not None
    assert json_of(reading.root) == '{"a":1}'
    assert [fault.place.line for fault in reading.faults] == [2, 3]


def test_depth_is_limited_through_aliases_too() -> None:
    half = MAX_DEPTH // 2 + 2
    nested = "[" * half + "]" * half
    alone = read_yaml(f"a: &x {nested}".encode(), "x.yaml")
    assert alone.faults == ()
    hung = read_yaml(f"a: &x {nested}\nb: {'[' * half}*x{']' * half}".encode(), "x.yaml")
    assert [fault.code for fault in hung.faults] == ["too_deep"]


def test_a_number_that_json_cannot_keep_is_not_exact() -> None:
    assert resolve("0.1").exact
    assert resolve("1.10").exact
    assert not resolve("0.12345678901234567891").exact
    assert not resolve("1e999").exact
