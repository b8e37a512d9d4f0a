"""Names are read in English, Chinese, pinyin, initials and abbreviations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landbridge.engine.matching.likeness import Likeness, Words
from landbridge.engine.matching.names import readings

_FIELDS = ["wlbm", "物料编码", "material_code", "cust_nm", "createdAt", "修改时间", "dept_id"]


def _compare(first: str, second: str) -> float:
    return Likeness(("a1", "b1"), (first, second)).compare(Words(first), Words(second)).score


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("wlbm", "物料编码"),
        ("wuliaobianma", "物料编码"),
        ("wlbm", "material_code"),
        ("cust_nm", "客户名称"),
        ("MaterialCode", "item_no"),
        ("qty", "quantity"),
        ("createTime", "创建时间"),
    ],
)
def test_names_that_mean_the_same_are_alike(first: str, second: str) -> None:
    assert _compare(first, second) > 0.65


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("created_at", "updated_at"),
        ("cust_code", "cust_name"),
        ("net_weight", "gross_weight"),
        ("billing_city", "shipping_city"),
        ("wlbm", "customer_name"),
    ],
)
def test_names_that_exclude_one_another_are_not(first: str, second: str) -> None:
    assert _compare(first, second) < 0.6


def test_a_comment_says_which_words_initials_stand_for() -> None:
    likeness = Likeness(("a1", "b1"), ("bz", "currency", "remark"))
    field = Words("bz", "备注")
    assert likeness.compare(field, Words("currency")).score < 0.3
    assert likeness.compare(field, Words("remark")).score > 0.9


@given(st.text(max_size=30))
def test_every_name_has_a_reading(name: str) -> None:
    found = readings(name)
    assert found
    assert all(0 < one.trust <= 1 and one.ideas for one in found)


@given(st.sampled_from(_FIELDS), st.sampled_from(_FIELDS))
def test_likeness_is_symmetric_and_bounded(first: str, second: str) -> None:
    assert _compare(first, second) == pytest.approx(_compare(second, first))
    assert 0 <= _compare(first, second) <= 1
    assert _compare(first, first) == 1
