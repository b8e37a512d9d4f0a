"""Proposals come with evidence, and their entries do what they say."""

import string
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from landbridge.data.schema import StreamSchema
from landbridge.engine.mapping.code_tables import CodeTables
from landbridge.engine.mapping.compile import compile_mapping
from landbridge.engine.matching.formats import date_format, text_encoding
from landbridge.engine.matching.fragment import fragment_of
from landbridge.engine.matching.propose import Proposals, propose
from landbridge.engine.matching.sampled import sample_of
from landbridge.kernel.errors import OptionsInvalidError
from landbridge.specs.mapping import FileCodeTable, MappingSpec, StreamCodeTable

_DEPARTMENTS = ("采购部", "生产部", "销售部")
_ROWS = range(60)


class _Pairs(CodeTables):
    def __init__(self, tables: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        self._tables = tables

    @override
    def pairs(self, table: FileCodeTable | StreamCodeTable) -> pa.Table:
        assert isinstance(table, FileCodeTable)
        found = self._tables[table.file]
        return pa.table({"key": [a for a, _ in found], "value": [b for _, b in found]})


def _source(rows: Sequence[int] = _ROWS) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(
        {
            "wlbm": [f"MAT-{at:04d}" for at in rows],
            "wlmc": [f"物料{at}号" for at in rows],
            "bm": [_DEPARTMENTS[at * 7 % 3] for at in rows],
            "jz": pa.array(
                [Decimal(at) + Decimal("1.500") for at in rows], pa.decimal128(12, 3)
            ),
            "cjrq": [f"2024{at % 12 + 1:02d}{at % 28 + 1:02d}" for at in rows],
        }
    )


def _target(rows: Sequence[int]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(
        {
            "item_no": pa.array(list(rows), pa.int64()),
            "item_name": [f"物料{at}号" for at in rows],
            "dept_id": pa.array([101 + at * 7 % 3 for at in rows], pa.int32()),
            "net_weight_g": pa.array([at * 1000 + 1500 for at in rows], pa.int64()),
            "created_on": [date(2024, at % 12 + 1, at % 28 + 1) for at in rows],
        }
    )


def _found() -> Proposals:
    return propose(sample_of("t_wl", _source()), sample_of("item", _target(range(20, 50))))


def test_every_field_is_found_and_says_why() -> None:
    found = _found()
    assert [(one.source.name, one.target.name) for one in found.accepted] == [
        ("wlbm", "item_no"),
        ("wlmc", "item_name"),
        ("bm", "dept_id"),
        ("jz", "net_weight_g"),
        ("cjrq", "created_on"),
    ]
    kinds = [{reason.kind for reason in one.evidence} for one in found.accepted]
    assert {"name_initials", "codes_shared", "rows_matched"} <= kinds[0]
    assert "rows_equal" in kinds[1]
    assert "rows_code_table" in kinds[2]
    assert "rows_factor" in kinds[3]
    assert "date_format" in kinds[4]
    assert all(r.english and r.chinese for one in found.accepted for r in one.evidence)


def test_the_proposed_mapping_makes_the_targets_rows() -> None:
    fragments = [fragment_of(one, "item") for one in _found().accepted]
    fields = [dict(one.entry) for one in fragments]
    spec = MappingSpec.model_validate({"rest": "drop", "fields": fields}, strict=False)
    tables = _Pairs({one.table: one.pairs for one in fragments if one.table})
    source = _source()
    mapped = compile_mapping(spec, StreamSchema("t_wl", source.schema), tables).apply(source)
    assert not mapped.faults
    assert mapped.rows.to_pylist() == _target(_ROWS).to_pylist()


def test_a_number_becomes_the_targets_code() -> None:
    numbers = pa.RecordBatch.from_pydict(
        {"material_no": pa.array(list(_ROWS), pa.int64()), "x": [f"n{at}" for at in _ROWS]}
    )
    codes = pa.RecordBatch.from_pydict(
        {"material_code": [f"MAT-{at:04d}" for at in _ROWS], "y": [f"n{at}" for at in _ROWS]}
    )
    found = propose(sample_of("a1", numbers), sample_of("b1", codes))
    entry = fragment_of(found.accepted[0], "b1").entry
    spec = MappingSpec.model_validate({"rest": "drop", "fields": [dict(entry)]}, strict=False)
    mapping = compile_mapping(spec, StreamSchema("a1", numbers.schema), _Pairs({}))
    mapped = mapping.apply(numbers)
    assert not mapped.faults
    assert mapped.rows.column(0).to_pylist() == codes.column(0).to_pylist()


def test_a_name_alone_does_not_hold_against_rows_that_differ() -> None:
    keys = [f"K{at:05d}" for at in _ROWS]
    source = {"code": keys, "name": [f"{at}a" for at in _ROWS], "city": ["Bern", "Oslo"] * 30}
    target = {"code": keys, "name": [f"{at}b" for at in _ROWS], "city": ["Bern", "Oslo"] * 30}
    found = propose(
        sample_of("a1", pa.RecordBatch.from_pydict(source)),
        sample_of("b1", pa.RecordBatch.from_pydict(target)),
    )
    assert {one.target.name for one in found.accepted} == {"code", "city"}


@pytest.mark.parametrize("threshold", [0, -1, 1.1])
def test_a_threshold_that_is_none_is_refused(threshold: float) -> None:
    empty = sample_of("a1", _source([]))
    with pytest.raises(OptionsInvalidError):
        propose(empty, empty, threshold)


_NAMES = st.lists(
    st.text(string.ascii_letters + "_物料编码", min_size=1), unique=True, max_size=5
)


@given(_NAMES, _NAMES, st.floats(0.05, 1))
def test_fields_take_part_once_and_a_higher_threshold_adds_nothing(
    first: list[str], second: list[str], threshold: float
) -> None:
    one = sample_of("a1", pa.RecordBatch.from_pydict({n: [n, "x", "7"] for n in first}))
    other = sample_of("b1", pa.RecordBatch.from_pydict({n: [n, "x", "7"] for n in second}))
    found = propose(one, other, threshold)
    sources = [proposal.source.name for proposal in found.accepted]
    targets = [proposal.target.name for proposal in found.accepted]
    assert len(set(sources)) == len(sources)
    assert len(set(targets)) == len(targets)
    assert all(threshold <= proposal.score <= 1 for proposal in found.accepted)
    assert set(found.unmatched) == set(second) - set(targets)
    assert set(found.unused) == set(first) - set(sources)
    stricter = propose(one, other, 1)
    assert {proposal.target.name for proposal in stricter.accepted} <= set(targets)


@given(
    st.lists(st.dates(date(1950, 1, 1), date(2100, 1, 1)), min_size=3, unique=True),
    st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%Y年%m月%d日", "%Y/%m/%d"]),
)
def test_the_format_of_dates_is_found(days: list[date], pattern: str) -> None:
    found = date_format([day.strftime(pattern) for day in days])
    assert found is not None
    assert found.pattern == pattern


def test_a_format_that_could_be_another_says_so() -> None:
    found = date_format(["01/02/2024", "03/04/2024", "05/06/2024"])
    assert found is not None
    assert found.ambiguous == "%m/%d/%Y"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_text_in_bytes_is_found(encoding: str) -> None:
    assert text_encoding(["物料编码".encode(encoding), "华东仓库".encode(encoding)]) == encoding


def test_bytes_that_are_no_text_are_left_alone() -> None:
    assert text_encoding([b"\x00\x01\xff\xfe", b"\x89PNG\r\n"]) == ""
