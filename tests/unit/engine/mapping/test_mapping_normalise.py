"""Each change of text, on what Chinese systems hold."""

import unicodedata
from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.engine.mapping.mapping_samples import found, only, texts

from landbridge.engine.mapping.normalise import WHITE_SPACE

FULL = "ＡＢＣ　１２３（ａ）～！"


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        ("trim", "\u3000 \t上海\u00a0工厂\ufeff\u200b\n", "上海\u00a0工厂"),
        ("trim", "\u3000\u3000", ""),
        ("collapse_spaces", "不锈钢\u3000 \u00a0 螺栓\r\nM8", "不锈钢 螺栓 M8"),
        ("half_width", FULL, "ABC 123(a)~!"),
        ("half_width", "单价：５０，０００．００元", "单价:50,000.00元"),
        ("half_width", "。、「」￥ﾊﾝ", "。、「」￥ﾊﾝ"),
        ("upper", "mat-0042é物料", "MAT-0042É物料"),
        ("lower", "MAT-0042É物料", "mat-0042é物料"),
        ("strip_leading_zeros", "000", "0"),
        ("strip_leading_zeros", "0", "0"),
        ("strip_leading_zeros", "0042", "42"),
        ("strip_leading_zeros", "4200", "4200"),
        ("strip_leading_zeros", "00-1", "-1"),
        ("strip_leading_zeros", "", ""),
        ("strip_leading_zeros", "００4", "００4"),
        ("empty_to_null", "", None),
        ("empty_to_null", " ", " "),
        ("nfc", "e\u0301", "é"),
        ("nfc", "①㎏", "①㎏"),
        ("nfkc", "①㎏ＡＢ", "1kgAB"),
        ("nfkc", "株式会社㈱", "株式会社(株)"),
    ],
)
def test_a_change_does_what_its_name_says(change: str, before: str, after: str | None) -> None:
    mapped = only({"from": "a", "normalise": [change]}, texts([None, before, before]))
    assert found(mapped) == [None, after, after]


def test_changes_apply_one_after_another() -> None:
    field = {"from": "a", "normalise": ["half_width", "trim", "strip_leading_zeros"]}
    assert found(only(field, texts(["　００４２ ", "０", "４２"]))) == ["42", "0", "42"]
    field = {"from": "a", "normalise": ["trim", "half_width"]}
    assert found(only(field, texts(["　００ "]))) == ["00"]


def test_other_types_are_normalised_by_their_text() -> None:
    assert found(only({"from": "a", "normalise": ["trim"]}, pa.array([42, None]))) == [
        "42",
        None,
    ]


_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_SPACES = WHITE_SPACE + "x0０中"


@given(
    st.lists(
        st.none()
        | st.text(st.sampled_from(_SPACES))
        | st.text(st.characters(codec="utf-8", max_codepoint=0x9FFF)),
        max_size=20,
    )
)
def test_text_is_changed_as_python_changes_it(values: list[str | None]) -> None:
    oracles: dict[str, Callable[[str], str | None]] = {
        "trim": lambda text: text.strip(WHITE_SPACE),
        "half_width": lambda text: text.translate(_HALF),
        "strip_leading_zeros": lambda text: text.lstrip("0") or text[:1],
        "empty_to_null": lambda text: text or None,
        "nfkc": lambda text: unicodedata.normalize("NFKC", text),
        "nfc": lambda text: unicodedata.normalize("NFC", text),
    }
    for change, oracle in oracles.items():
        wanted = [None if text is None else oracle(text) for text in values]
        assert found(only({"from": "a", "normalise": [change]}, texts(values))) == wanted


def test_all_white_space_of_unicode_is_trimmed() -> None:
    spaces = {chr(code) for code in range(0x110000) if chr(code).isspace()}
    assert spaces <= set(WHITE_SPACE)
