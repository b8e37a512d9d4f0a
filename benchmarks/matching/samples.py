"""Reading a pair's file, and making the sample rows that it describes.

A field is written `[name, type, comment, values]`. `values` says what row number i holds: the
same word after `#` on both sides makes values of the same things. The source's rows are about
things 0 to 39 and the target's about things 20 to 59, so that half of each is in both.
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
from ruamel.yaml import YAML

from landbridge.data.types import Meaning, column, implied
from landbridge.engine.matching.sampled import StreamSample, sample_of

ROWS, SHIFT = 40, 20
_SPEC = re.compile(r"(\w+)(?:#(\w+))?\((.*)\)")
_PLAIN = re.compile(r"(\w+)(?:#(\w+))?")
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙朱马胡林郭何高罗"
_GIVEN = (
    "伟",
    "芳",
    "娜",
    "敏",
    "静",
    "强",
    "磊",
    "洋",
    "艳",
    "勇",
    "杰",
    "娟",
    "涛",
    "明",
    "超",
)
_FIRST = ("Anna", "Ben", "Carl", "Dora", "Emil", "Fay", "Gus", "Hana", "Ivo", "Jana", "Kim")
_LAST = ("Berg", "Cole", "Dahl", "Egan", "Fuchs", "Gray", "Holm", "Ibsen", "Jung", "Kern")
_LOGIN = ("ann", "bob", "cat", "dan", "eva", "fox", "gil", "hal", "ian", "joy", "kai")
_PLACES = (
    "华东",
    "江南",
    "北方",
    "南海",
    "中原",
    "西岭",
    "东升",
    "宏远",
    "金辉",
    "长青",
    "新兴",
)
_TRADES = ("机械", "电子", "贸易", "食品", "化工", "纺织", "物流")
_WORDS = ("North", "Blue", "Iron", "Delta", "Prime", "Solar", "Atlas", "Union", "Nova", "Apex")
_THINGS = ("螺栓", "轴承", "电机", "水泵", "阀门", "齿轮", "皮带", "开关", "灯具", "风扇")
_CITIES = {
    "en": ("Berlin", "Lyon", "Oslo", "Porto", "Turin", "Gent", "Graz", "Bern"),
    "zh": ("深圳", "苏州", "杭州", "成都", "武汉", "青岛", "大连", "厦门"),
}
_STREETS = ("Long Street", "Mill Lane", "人民路", "中山路", "建设大道", "Park Road")
_ARROW = {
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}


@dataclass(frozen=True, slots=True)
class SchemaPair:
    """Two streams with sampled rows, and the true mapping."""

    name: str
    source: StreamSample
    target: StreamSample
    truth: Mapping[str, str]


def read_pair(path: Path, *, empty: bool = False) -> SchemaPair:
    """Return what a pair's file describes; with `empty` the target has no rows yet."""
    document: Any = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    source = _stream(path.stem, document["source"], 0)
    target = _stream(
        path.stem, {**document["target"], **({"empty": True} if empty else {})}, SHIFT
    )
    truth = {str(a): str(b) for a, b in document["truth"].items()}
    assert set(truth) <= {one.name for one in source.fields}
    assert set(truth.values()) <= {one.name for one in target.fields}
    return SchemaPair(path.stem, source, target, truth)


def _stream(pair: str, document: Mapping[str, Any], shift: int) -> StreamSample:
    fields: list[pa.Field] = []
    arrays: list[pa.Array] = []
    rows = 0 if document.get("empty") else ROWS
    for name, type_name, comment, values in document["columns"]:
        storage = _arrow(type_name)
        meaning = Meaning(implied(storage), comment=comment)
        made = [_value(pair, values, shift + at) for at in range(rows)]
        fields.append(column(name, storage, meaning))
        arrays.append(pa.array([_typed(value, storage) for value in made], storage))
    batch = pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))
    return sample_of(document["stream"], batch)


def _arrow(name: str) -> pa.DataType:
    found = re.fullmatch(r"decimal\((\d+),(\d+)\)", name)
    return pa.decimal128(int(found[1]), int(found[2])) if found else _ARROW[name]


def _typed(value: object, storage: pa.DataType) -> object:
    text = str(value)
    if pa.types.is_decimal(storage):
        return Decimal(text).quantize(Decimal(1).scaleb(-storage.scale))
    if pa.types.is_integer(storage):
        return int(Decimal(text))
    if pa.types.is_floating(storage):
        return float(text)
    if pa.types.is_boolean(storage):
        return text == "true"
    return value if isinstance(value, date) else text


def _value(pair: str, spec: str, at: int) -> object:
    found = _SPEC.fullmatch(spec) or _PLAIN.fullmatch(spec)
    assert found, spec
    kind, about = found[1], found[2] or ""
    given = found[3] if found.re is _SPEC else ""
    seed = sha256(f"{pair}/{about}/{at}".encode()).digest()
    return _KINDS[kind](random.Random(seed), given, at)


def _date(chance: random.Random, given: str, _at: int) -> object:
    day = date(2023, 1, 1) + timedelta(days=chance.randrange(1000))
    return day.strftime(given) if given else day


def _datetime(chance: random.Random, given: str, _at: int) -> object:
    start = datetime(2023, 1, 1)  # noqa: DTZ001  a wall clock's time
    moment = start + timedelta(minutes=chance.randrange(1_400_000))
    return moment.strftime(given) if given else moment


def _num(chance: random.Random, given: str, _at: int) -> object:
    low, high, digits, *factor = given.split(",")
    number = Decimal(str(round(chance.uniform(float(low), float(high)), int(digits))))
    return number * Decimal(factor[0]) if factor else number


def _person(chance: random.Random, given: str, _at: int) -> object:
    if given == "en":
        return f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
    return chance.choice(_SURNAMES) + chance.choice(_GIVEN) + chance.choice(("", *_GIVEN))


def _company(chance: random.Random, given: str, _at: int) -> object:
    if given == "en":
        return f"{chance.choice(_WORDS)} {chance.choice(_WORDS)} Ltd"
    return f"{chance.choice(_PLACES)}{chance.choice(_TRADES)}有限公司"


def _pick(chance: random.Random, given: str, _at: int) -> object:
    return chance.choice(given.split(","))


def _plate(chance: random.Random, _given: str, _at: int) -> object:
    return f"{chance.choice('沪苏浙粤')}{chance.choice('ABC')}{chance.randrange(10000, 99999)}"


def _idcard(chance: random.Random, _given: str, _at: int) -> object:
    return f"3201{chance.randrange(10**13, 10**14 - 1)}"


def _login(chance: random.Random, _given: str, _at: int) -> object:
    return f"{chance.choice(_LOGIN)}.{chance.choice(_LOGIN)}{chance.randrange(100)}"


def _digits(chance: random.Random, given: str, _at: int) -> object:
    return "".join(str(chance.randrange(1, 10)) for _ in range(int(given)))


_KINDS: Mapping[str, Callable[[random.Random, str, int], object]] = {
    "no": lambda _chance, given, at: given % (at + 1),
    "id": lambda chance, given, at: int(given) + at * 7 + chance.randrange(7),
    "uuid": lambda chance, _given, _at: f"{chance.getrandbits(128):032x}",
    "pick": _pick,
    "num": _num,
    "date": _date,
    "datetime": _datetime,
    "person": _person,
    "first": lambda chance, _given, _at: chance.choice(_FIRST),
    "last": lambda chance, _given, _at: chance.choice(_LAST),
    "company": _company,
    "product": lambda chance, _given, at: f"{chance.choice(_THINGS)}{at:02d}型",
    "spec": lambda chance, _given, _at: f"{chance.randrange(2, 99)}x{chance.randrange(2, 99)}",
    "phone": lambda chance, _given, _at: f"1{chance.randrange(3 * 10**9, 10**10 - 1)}",
    "email": lambda chance, given, at: f"{_login(chance, given, at)}@example.com",
    "login": _login,
    "idcard": _idcard,
    "digits": _digits,
    "city": lambda chance, given, _at: chance.choice(_CITIES[given]),
    "street": lambda chance, _given, _at: (
        f"{chance.choice(_STREETS)} {chance.randrange(1, 300)}"
    ),
    "plate": _plate,
    "const": lambda _chance, given, _at: given,
    "uniq": lambda chance, given, at: f"{chance.choice(_PLACES)}{at:02d}{given}",
}


def all_pairs(folder: Path) -> Sequence[Path]:
    """Return the files of all pairs."""
    return sorted(folder.glob("*.yaml"))
