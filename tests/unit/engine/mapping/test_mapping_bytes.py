"""Casts between bytes, text, JSON and UUIDs."""

import uuid

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.engine.mapping.mapping_samples import cast, codes, found, only, reasons, texts

from landbridge.data.types import UUID, meaning_of
from landbridge.kernel.errors import OptionsInvalidError

REF = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "gbk", "utf-16", "big5"])
def test_bytes_are_read_and_written_in_the_encoding_that_is_stated(encoding: str) -> None:
    words = ["上海", "abc", None, "上海"]
    stored = pa.array([None if word is None else word.encode(encoding) for word in words])
    read = cast(stored, type="string", encoding=encoding)
    assert found(read) == words
    written = cast(texts(words), type="binary", encoding=encoding)
    assert found(written) == stored.to_pylist()


def test_bytes_that_are_not_of_the_encoding_are_refused() -> None:
    values = pa.array(["好".encode("gb18030"), b"ok", b"\xff\xff", None])
    mapped = cast(values, type="string")
    assert found(mapped) == ["ok", None]
    assert reasons(mapped) == ["0xbac3 is not utf-8", "0xffff is not utf-8"]
    mapped = cast(values, type="string", encoding="gb18030")
    assert found(mapped) == ["好", "ok", None]
    assert codes(mapped) == ["mapping.cast"]
    mapped = cast(texts(["好", "a"]), type="binary", encoding="ascii")
    assert reasons(mapped) == ["'好' cannot be written in ascii"]


def test_bytes_have_no_text_unless_an_encoding_says_so() -> None:
    values = pa.array([b"a"])
    for field in (
        {"from": "a", "normalise": ["trim"]},
        {"split": {"from": "a", "separator": "-"}},
        {"merge": {"from": ["a", "a"]}},
    ):
        with pytest.raises(OptionsInvalidError, match="binary"):
            only(field, values)
    with pytest.raises(OptionsInvalidError, match="no cast from binary to int32"):
        cast(values, type="int32")


def test_uuids_are_sixteen_bytes() -> None:
    values = texts([str(REF), REF.hex.upper(), f" {REF} ", "x", None, str(REF)[:-1]])
    mapped = cast(values, type="uuid")
    assert found(mapped) == [REF.bytes] * 3 + [None]
    assert mapped.rows.schema.field("x").type == UUID
    assert reasons(mapped)[0] == "'x' is not uuid"
    assert len(mapped.faults) == 2
    back = cast(mapped.rows.column("x"), type="string")
    assert found(back) == [str(REF)] * 3 + [None]
    raw = cast(pa.array([REF.bytes, b"short", None]), type="uuid")
    assert found(raw) == [REF.bytes, None]
    assert codes(raw) == ["mapping.cast"]


def test_json_is_judged_and_kept_to_the_letter() -> None:
    good = ['{"b": 1.0, "a": [null]}', "1", '"x"', " true "]
    bad = ["{", "NaN", "[1,]", "", "[" * 100_000]
    mapped = cast(texts([*good, *bad, None]), type="json")
    assert found(mapped) == [*good, None]
    assert len(mapped.faults) == len(bad)
    assert meaning_of(mapped.rows.schema.field("x")).logical == "json"
    assert found(cast(pa.array([1, None]), type="json")) == ["1", None]
    with pytest.raises(OptionsInvalidError, match="no cast from date to json"):
        cast(pa.array([1], pa.int32()).cast(pa.date32()), type="json")


def test_a_required_field_refuses_null_and_says_so() -> None:
    mapped = cast(texts(["1", None]), type="int8", required=True)
    assert found(mapped) == [1]
    assert codes(mapped) == ["mapping.required"]
    assert not mapped.rows.schema.field("x").nullable


@given(st.lists(st.none() | st.binary(max_size=40), max_size=12))
def test_bytes_are_read_as_python_reads_them(values: list[bytes | None]) -> None:
    for encoding in ("utf-8", "gb18030"):
        mapped = cast(pa.array(values, pa.binary()), type="string", encoding=encoding)
        wanted: list[str | None] = []
        refused: list[int] = []
        for row, value in enumerate(values):
            try:
                wanted.append(None if value is None else value.decode(encoding))
            except UnicodeDecodeError:
                refused.append(row)
        assert found(mapped) == wanted
        assert [fault.row for fault in mapped.faults] == refused
