"""The words of the company: people, places, things, and the many ways to write a number."""

import random

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红玲梅鑫波斌宇浩凯"
CITIES = (
    "上海",
    "苏州",
    "宁波",
    "杭州",
    "无锡",
    "青岛",
    "佛山",
    "东莞",
    "重庆",
    "武汉",
    "西安",
    "沈阳",
)
ROADS = ("解放路", "中山东路", "建设大道", "工业园区三号路", "滨江路", "长江西路", "人民南路")
TRADES = ("机电", "精密", "传动", "自动化", "重工", "仪表", "液压", "轴承", "电气", "工贸")
SUFFIXES = ("有限公司", "股份有限公司", "(集团)有限公司", "设备厂")
SYLLABLES = (
    "华",
    "东",
    "鑫",
    "瑞",
    "恒",
    "泰",
    "信",
    "诚",
    "永",
    "盛",
    "海",
    "新",
    "江",
    "宏",
    "联",
)

DEPARTMENTS = (
    "销售一部", "销售二部", "海外销售部", "采购部", "生产一车间", "生产二车间",
    "质量部", "仓储物流部", "设备部", "财务部", "人力资源部", "信息部",
)  # fmt: skip

CATEGORIES = {
    "BRG": ("轴承", ("深沟球轴承", "圆锥滚子轴承", "角接触球轴承", "直线轴承")),
    "GER": ("齿轮", ("斜齿轮", "锥齿轮", "行星齿轮", "同步带轮")),
    "MTR": ("电机", ("伺服电机", "步进电机", "减速电机", "主轴电机")),
    "SNS": ("传感器", ("接近开关", "压力传感器", "温度变送器", "光电编码器")),
    "FST": ("紧固件", ("内六角螺栓", "法兰螺母", "弹簧垫圈", "膨胀螺栓")),
    "SEL": ("密封件", ("骨架油封", "O形密封圈", "机械密封", "石墨垫片")),
    "HYD": ("液压件", ("柱塞泵", "电磁换向阀", "液压缸", "蓄能器")),
    "CBL": ("线缆", ("屏蔽电缆", "拖链电缆", "航空插头", "接线端子")),
}
"""Category code: its name, and the things in it."""

UNITS = ("PCS", "个", "pcs ", "件", "KG", "公斤", "M", "米", "套", "SET")
"""How clerks write units: one unit has several spellings, one with a stray space."""

REGIONS = ("HD", "HN", "HB", "XN", "DB", "hd", " HN")
"""Region codes of the CRM, two of them typed carelessly."""

POSITIONS = ("采购经理", "设备主管", "总经理", "技术员", "财务", "仓库主管")
OPERATORS = ("王𠮷", "李㛃", "张伟", "刘洋", "陈静", "赵磊", "孙玥", "周喆")
"""Operators of the MES; two names need the four-byte codes of GB18030, GBK has none."""

_WIDE = str.maketrans("0123456789+-() ", "０１２３４５６７８９＋－（）　")


def wide(text: str) -> str:
    """Return `text` with digits and their punctuation in full width, as some clerks type.

    Example:
        >>> wide("42")
        '４２'
    """
    return text.translate(_WIDE)


def person(roll: random.Random) -> str:
    """Return a person's name of two or three characters."""
    return roll.choice(SURNAMES) + "".join(roll.sample(GIVEN, roll.choice((1, 2))))


def firm(roll: random.Random) -> str:
    """Return the name of a firm: a city, a fancy name, a trade, and a legal form."""
    fancy = "".join(roll.sample(SYLLABLES, 2))
    return f"{roll.choice(CITIES)}{fancy}{roll.choice(TRADES)}{roll.choice(SUFFIXES)}"


def phone(roll: random.Random) -> str:
    """Return a mobile number of eleven plain digits."""
    return f"1{roll.choice('3578')}{roll.randrange(10**9):09}"


def phone_as_typed(roll: random.Random, digits: str) -> str:
    """Return `digits` the way someone typed them: spaced, dashed, prefixed, or full-width."""
    spaced = f"{digits[:3]} {digits[3:7]} {digits[7:]}"
    ways = (
        digits,
        spaced,
        spaced.replace(" ", "-"),
        wide(digits),
        wide(spaced),
        f" {digits} ",
        f"({digits[:3]}){digits[3:]}",
        wide(f"({digits[:3]}){digits[3:7]}-{digits[7:]}"),
    )
    return roll.choice(ways)


def email_as_typed(roll: random.Random, address: str) -> str:
    """Return `address` as typed: mixed case, sometimes with stray spaces."""
    ways = (address, address.title(), address.upper(), f" {address}", f"{address.title()} ")
    return roll.choice(ways)


def cents(amount: int) -> str:
    """Return an amount of cents as decimal text, never by way of a float."""
    return f"{amount // 100}.{amount % 100:02}"
