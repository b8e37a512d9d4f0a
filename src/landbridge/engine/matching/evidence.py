"""Why two fields belong together, as facts and as a sentence in English and Chinese."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from landbridge.engine.matching.formats import CodeShape

EvidenceKind = Literal[
    "name_same",
    "name_word",
    "name_pinyin",
    "name_initials",
    "name_spelling",
    "types_fit",
    "types_differ",
    "values_shared",
    "codes_shared",
    "meanings_shared",
    "rows_matched",
    "rows_equal",
    "rows_factor",
    "rows_code_table",
    "rows_differ",
    "rival",
    "date_format",
    "date_ambiguous",
    "encoding",
]
_SENTENCES: Mapping[EvidenceKind, tuple[str, str]] = MappingProxyType(
    {
        "name_same": ("the names are the same", "名称相同"),
        "name_word": (
            "the names mean alike ({ideas}; {percent} %)",
            "名称含义相近（{ideas}；{percent}%）",
        ),
        "name_pinyin": (
            "read as pinyin, the names mean alike ({ideas}; {percent} %)",
            "按拼音读，名称含义相近（{ideas}；{percent}%）",
        ),
        "name_initials": (
            "read as initials of pinyin, the names mean alike ({ideas}; {percent} %)",
            "按拼音首字母读，名称含义相近（{ideas}；{percent}%）",
        ),
        "name_spelling": (
            "the names are spelled alike ({percent} %)",
            "名称拼写相近（{percent}%）",
        ),
        "types_fit": ("{source} fits {target}", "{source} 与 {target} 类型相容"),
        "types_differ": ("{source} hardly fits {target}", "{source} 与 {target} 类型难以相容"),
        "values_shared": (
            "{shared} of {count} sampled values are in both",
            "抽样值 {count} 个中有 {shared} 个两边都有",
        ),
        "codes_shared": (
            "{shared} of {count} codes have the same number: {source} is {target}",
            "编码 {count} 个中有 {shared} 个数字相同：{source} 即 {target}",
        ),
        "meanings_shared": (
            "{shared} of {count} values mean the same: {source} is {target}",
            "取值 {count} 个中有 {shared} 个含义相同：{source} 即 {target}",
        ),
        "rows_matched": (
            "matches {count} rows of both samples, which then agree in {agreeing} other fields",
            "可对应两边样本的 {count} 行，且这些行另有 {agreeing} 个字段一致",
        ),
        "rows_equal": (
            "equal in {shared} of {count} rows that have the same {key}",
            "按 {key} 对应的 {count} 行中有 {shared} 行相等",
        ),
        "rows_factor": (
            "times {factor} in {shared} of {count} rows that have the same {key}",
            "按 {key} 对应的 {count} 行中有 {shared} 行为 {factor} 倍",
        ),
        "rows_code_table": (
            "{pairs} pairs of values explain all {count} rows that have the same {key}: "
            "{source} is {target}",
            "按 {key} 对应的 {count} 行都符合 {pairs} 组对照：{source} 即 {target}",
        ),
        "rows_differ": (
            "equal in only {shared} of {count} rows that have the same {key}",
            "按 {key} 对应的 {count} 行中仅 {shared} 行相等",
        ),
        "rival": ("{rival} fits nearly as well", "{rival} 几乎同样合适"),
        "date_format": ("dates are written as {format}", "日期写作 {format}"),
        "date_ambiguous": (
            "the samples may as well be dates written as {format}",
            "样本也可能是 {format} 格式的日期",
        ),
        "encoding": ("the bytes are text in {encoding}", "字节为 {encoding} 编码的文本"),
    }
)
Facts = Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for or against a pair.

    Attributes:
        kind: What was seen.
        score: How strongly it speaks for the pair, from 0 to 1.
        facts: Names and numbers of what was seen.
        english: The same as a sentence.
        chinese: The same in Chinese.
    """

    kind: EvidenceKind
    score: float
    facts: Facts = field(default_factory=dict)
    english: str = ""
    chinese: str = ""


def evidence(kind: EvidenceKind, score: float, facts: Facts | None = None) -> Evidence:
    """Return evidence with its sentences.

    Example:
        >>> evidence("values_shared", 0.5, {"shared": 3, "count": 6}).english
        '3 of 6 sampled values are in both'
    """
    known = facts or {}
    english, chinese = _SENTENCES[kind]
    return Evidence(
        kind, round(score, 3), known, english.format(**known), chinese.format(**known)
    )


@dataclass(frozen=True, slots=True)
class Conversion:
    """What makes the target's value of the source's.

    Attributes:
        kind: `none`: the value as it is, cast to the type. `number`: digits of a code
            without beginning and zeros. `code`: a number with a beginning and zeros.
            `table`: a table of pairs. `factor`: multiplied.
        shape: How the target writes its code, for `code`.
        pairs: The pairs that were seen, for `table`.
        factor: The factor, for `factor`.
    """

    kind: Literal["none", "number", "code", "table", "factor"] = "none"
    shape: CodeShape | None = None
    pairs: tuple[tuple[str, str], ...] = ()
    factor: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Finding:
    """Evidence from values, with the conversion it implies."""

    evidence: Evidence
    conversion: Conversion = field(default_factory=Conversion)
