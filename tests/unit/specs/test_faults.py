# ruff: noqa: E501  the table has one line for each case
"""Each kind of fault: one document that has it, where it is said to be, what is advised."""

import re
from string import Formatter
from typing import NamedTuple

import pytest

from landbridge.specs import catalogue_en, catalogue_zh
from landbridge.specs.codes import FaultCode as Code
from landbridge.specs.documents import read_document
from landbridge.specs.texts import Catalogue
from landbridge.specs.yaml_reader import MAX_DEPTH
from landbridge.specs.yaml_text import MAX_BYTES

PROJECT = "kind: project\nname: acme\n"
CONNECTION = "kind: connection\nname: erp\nconnector: postgres\n"
FLOW = "kind: flow\nname: m\nnodes:\n"
NODE = (
    "  - name: a\n"
    "    type: copy\n"
    "    source: {connection: erp, streams: [public.m]}\n"
    "    target: {connection: dw}\n"
    "    write: {mode: append}\n"
)
FIELD = FLOW + NODE + "    mapping:\n      fields:\n        - "
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
)


class Case(NamedTuple):
    code: Code
    kind: str
    text: str | bytes
    line: int
    column: int
    field: str
    remedy: str


# fmt: off
CASES = [
    Case(Code.FILE_TOO_LARGE, "project", "#" * (MAX_BYTES + 1), 1, 1, "document", "divide it"),
    Case(Code.FILE_EMPTY, "project", "# nothing\n", 1, 1, "document", "`kind:`"),
    Case(Code.FILE_EMPTY, "project", b"\xef\xbb\xbf", 1, 1, "document", "`kind:`"),
    Case(Code.NOT_UTF8, "flow", PROJECT.encode() + "# 物料".encode("gbk"), 3, 3, "document", "GB18030; save it as UTF-8"),
    Case(Code.NOT_UTF8, "flow", PROJECT.encode("utf-16"), 1, 1, "document", "UTF-16"),
    Case(Code.CHARACTER_FORBIDDEN, "project", PROJECT + "description: a\x00b", 3, 15, "document", r"\u0000"),
    Case(Code.CHARACTER_FORBIDDEN, "project", PROJECT + "description: a\u2028b", 3, 15, "document", r"\u2028"),
    Case(Code.CHARACTER_FORBIDDEN, "project", PROJECT + 'description: "\\ud800"', 3, 14, "description", "Remove it"),
    Case(Code.YAML_SYNTAX, "project", PROJECT + "description: a: b", 3, 15, "description", "quotes"),
    Case(Code.YAML_SYNTAX, "project", PROJECT + "description: 'a", 3, 16, "description", "Close the quote"),
    Case(Code.YAML_SYNTAX, "project", PROJECT + "secrets: [a", 3, 12, "secrets[1]", "bracket"),
    Case(Code.YAML_SYNTAX, "project", PROJECT + " x: 1", 3, 3, "x", "quotes"),
    Case(Code.YAML_SYNTAX, "project", PROJECT + 'state: "\\UFFFFFFFF"', 3, 1, "state", "single quotes"),
    Case(Code.YAML_TAB, "project", "kind: project\nretention:\n\trun_days: 3", 3, 1, "retention.run_days", "spaces"),
    Case(Code.SEVERAL_DOCUMENTS, "project", PROJECT + "---\nkind: flow\n", 3, 1, "document", "one document"),
    Case(Code.TOO_DEEP, "connection", CONNECTION + "options: {a: " + "[" * MAX_DEPTH, 4, 14 + MAX_DEPTH - 2, "options.a" + "[0]" * (MAX_DEPTH - 2), "flatter"),
    Case(Code.TOO_MANY_VALUES, "connection", BOMB, 5, 5, "a5[1]", "fewer aliases"),
    Case(Code.KEY_REPEATED, "project", PROJECT + "name: b", 3, 1, "document", "Keep one"),
    Case(Code.KEY_NOT_TEXT, "connection", CONNECTION + "options: {1: a}", 4, 11, "options", '"1"'),
    Case(Code.KEY_NOT_TEXT, "connection", CONNECTION + "options: {[a]: a}", 4, 11, "options", "Write a name"),
    Case(Code.MERGE_KEY, "connection", CONNECTION + "options: {<<: {a: 1}}", 4, 11, "options", "`defaults`"),
    Case(Code.ALIAS_UNUSABLE, "connection", CONNECTION + "options: {a: *b}", 4, 14, "options.a", "&b"),
    Case(Code.ALIAS_UNUSABLE, "connection", CONNECTION + "options: &o {a: *o}", 4, 17, "options.a", "&o"),
    Case(Code.TAG_UNSUPPORTED, "connection", CONNECTION + "options: {a: !!int '1'}", 4, 14, "options.a", "quotes"),
    Case(Code.TAG_UNSUPPORTED, "connection", CONNECTION + "options: !!python/object:os.system {}", 4, 10, "options", "Remove the tag"),
    Case(Code.NUMBER_INEXACT, "connection", CONNECTION + "options: {a: 12345678901234567.89}", 4, 14, "options.a", "quotes"),
    Case(Code.NUMBER_INEXACT, "connection", CONNECTION + f"options: {{a: {'9' * 5000}}}", 4, 14, "options.a", "quotes"),
    Case(Code.FIELD_UNKNOWN, "connection", CONNECTION + "option: {}", 4, 1, "option", 'Did you mean "options"?'),
    Case(Code.FIELD_UNKNOWN, "flow", FIELD + "{to: a, form: b}", 11, 19, "nodes[0].mapping.fields[0].form", 'Did you mean "from"?'),
    Case(Code.FIELD_UNKNOWN, "project", PROJECT + "zzz: 1", 3, 1, "zzz", "Allowed: kind, name"),
    Case(Code.FIELD_MISSING, "connection", "kind: connection\nname: erp", 1, 1, "connector", 'Add `connector: "postgres"`'),
    Case(Code.FIELD_MISSING, "project", PROJECT + "secrets: [{path: a}]", 3, 11, "secrets[0].type", "file | env | command"),
    Case(Code.TYPE_WRONG, "project", "- a", 1, 1, "document", "kind"),
    Case(Code.TYPE_WRONG, "project", PROJECT + "retention: {run_days: '30'}", 3, 13, "retention.run_days", "Write for example 30."),
    Case(Code.TYPE_WRONG, "project", PROJECT + "defaults: {parallel: 010}", 3, 12, "defaults.parallel", "Write for example 10."),
    Case(Code.TYPE_WRONG, "project", PROJECT + "defaults: {parallel: 1.5}", 3, 12, "defaults.parallel", "Write for example 1."),
    Case(Code.TYPE_WRONG, "flow", FIELD + "{to: a, from: b, required: no}", 11, 28, "nodes[0].mapping.fields[0].required", "Write for example false."),
    Case(Code.TYPE_WRONG, "flow", FIELD + "{to: a, from: 1.10}", 11, 19, "nodes[0].mapping.fields[0].from", 'Write for example "1.10".'),
    Case(Code.TYPE_WRONG, "flow", FIELD + "{to: a, constant: [1]}", 11, 19, "nodes[0].mapping.fields[0].constant", "Write for example"),
    Case(Code.VALUE_UNKNOWN, "flow", FLOW + NODE.replace("append", "appnd"), 8, 13, "nodes[0].write.mode", "Did you mean append?"),
    Case(Code.VALUE_UNKNOWN, "flow", FLOW + NODE + "    receipts: yes", 9, 5, "nodes[0].receipts", "off, written, reread"),
    Case(Code.VALUE_UNKNOWN, "project", "kind: projekt\nname: acme", 1, 1, "kind", "project"),
    Case(Code.PATTERN_UNMET, "project", PROJECT + "secrets: [{type: env, prefix: 'a-'}]", 3, 23, "secrets[0].prefix", "example"),
    Case(Code.NAME_MALFORMED, "project", "kind: project\nname: ACME Shop", 2, 1, "name", "acme_shop"),
    Case(Code.TOO_SMALL, "project", PROJECT + "defaults: {batch_bytes: 1}", 3, 12, "defaults.batch_bytes", "≥ 4096"),
    Case(Code.TOO_LARGE, "project", PROJECT + "defaults: {parallel: 1000}", 3, 12, "defaults.parallel", "≤ 256"),
    Case(Code.TOO_SHORT, "flow", "kind: flow\nname: m\nnodes: []", 3, 1, "nodes", "at least 1"),
    Case(Code.TOO_SHORT, "flow", FIELD + "{to: '', from: a}", 11, 12, "nodes[0].mapping.fields[0].to", "material_no"),
    Case(Code.ORIGIN_COUNT, "flow", FIELD + "{to: a}", 11, 11, "nodes[0].mapping.fields[0]", "from, expression"),
    Case(Code.ORIGIN_COUNT, "flow", FIELD + "{to: a, from: b, constant: ~}", 11, 28, "nodes[0].mapping.fields[0].constant", "Give one"),
    Case(Code.NAME_REPEATED, "flow", FIELD + "{to: a, from: b}\n        - {to: a, from: c}", 12, 12, "nodes[0].mapping.fields[1].to", "different name"),
    Case(Code.NAME_REPEATED, "flow", FLOW + NODE + NODE, 9, 5, "nodes[1].name", "different name"),
    Case(Code.TYPE_UNKNOWN, "flow", FIELD + "{to: a, from: b, type: varchar(20)}", 11, 28, "nodes[0].mapping.fields[0].type", "Did you mean string?"),
    Case(Code.DECIMAL_IMPOSSIBLE, "flow", FIELD + "{to: a, from: b, type: 'decimal(3,4)'}", 11, 28, "nodes[0].mapping.fields[0].type", "1 to 76"),
    Case(Code.OPTION_UNFIT, "flow", FIELD + "{to: a, from: b, type: bool, rounding: down}", 11, 40, "nodes[0].mapping.fields[0].rounding", "decimal(12,2)"),
    Case(Code.TYPE_NEEDED, "flow", FIELD + "{to: a, from: b, time_zone: UTC}", 11, 28, "nodes[0].mapping.fields[0].time_zone", "`type: timestamp_tz`"),
    Case(Code.DEFAULT_MISSING, "flow", FIELD + "{to: a, from: b, code_table: {file: c, from: x, to: y, unmatched: default}}", 11, 66, "nodes[0].mapping.fields[0].code_table.unmatched", "`default:`"),
    Case(Code.PLACEHOLDER_UNKNOWN, "flow", FLOW + NODE.replace("dw}", "dw, stream: '{tablee}'}"), 7, 30, "nodes[0].target.stream", "Did you mean {table}?"),
    Case(Code.PLACEHOLDER_MISSING, "project", PROJECT + "secrets: [{type: command, command: [pass]}]", 3, 27, "secrets[0].command", "{name}"),
    Case(Code.TIME_ZONE_UNKNOWN, "flow", FIELD + "{to: a, from: b, type: timestamp_tz, time_zone: Asia/Shangai}", 11, 48, "nodes[0].mapping.fields[0].time_zone", "Asia/Shanghai"),
    Case(Code.ENCODING_UNKNOWN, "flow", FIELD + "{to: a, from: b, type: string, encoding: gb18300}", 11, 42, "nodes[0].mapping.fields[0].encoding", "gb18030"),
    Case(Code.PATH_OUTSIDE, "flow", FIELD + "{to: a, from: b, code_table: {file: ../c, from: x, to: y}}", 11, 41, "nodes[0].mapping.fields[0].code_table.file", "`..`"),
    Case(Code.STATE_URL_UNUSABLE, "project", PROJECT + "state: mysql://x", 3, 1, "state", "sqlite:///"),
    Case(Code.SECRET_REFERENCE_MALFORMED, "connection", CONNECTION + "options: {a: ['x${secrets:pw}']}", 4, 15, "options.a[0]", "${secret:pw}"),
    Case(Code.WAIVER_EMPTY, "flow", FLOW + NODE + "    waivers: [{column: a}]", 9, 15, "nodes[0].waivers[0]", "`reason:`"),
    Case(Code.NEED_UNKNOWN, "flow", FLOW + NODE + NODE.replace("name: a", "name: b\n    needs: [aa]"), 10, 13, "nodes[1].needs[0]", 'Did you mean "a"?'),
    Case(Code.NEED_CYCLE, "flow", FLOW + NODE + "    needs: [b]\n" + NODE.replace("name: a", "name: b\n    needs: [a]"), 9, 13, "nodes[0].needs[0]", "Remove one"),
    Case(Code.KIND_MISPLACED, "flow", PROJECT, 1, 1, "kind", "landbridge.yaml"),
]
# fmt: on
OF_PROJECTS = {
    Code.PROJECT_MISSING,
    Code.FILE_UNREADABLE,
    Code.FILE_UNKNOWN,
    Code.FOLDER_MISSPELT,
    Code.CONNECTION_UNKNOWN,
}
OF_OPTIONS = {Code.VALUE_REFUSED, Code.TOO_LONG}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.field[:20]}")
def test_a_fault_says_where_it_is_and_what_would_be_right(case: Case) -> None:
    data = case.text if isinstance(case.text, bytes) else case.text.encode()
    faults = read_document(data, "x.yaml", case.kind).faults

    found = [fault for fault in faults if fault.code is case.code]
    assert len(found) == 1, [str(fault) for fault in faults]
    [fault] = found
    place = fault.place
    assert (place.line, place.column, place.field) == (case.line, case.column, case.field)
    assert case.remedy in fault.remedy()


def test_every_kind_of_fault_has_a_case() -> None:
    assert {case.code for case in CASES} | OF_PROJECTS | OF_OPTIONS == set(Code)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.field[:20]}")
def test_a_fault_is_told_in_chinese(case: Case) -> None:
    data = case.text if isinstance(case.text, bytes) else case.text.encode()
    for fault in read_document(data, "x.yaml", case.kind).faults:
        assert re.search("[一-鿿]", fault.problem("zh"))
        assert re.search("[一-鿿]", fault.remedy("zh"))


def placeholders(catalogue: Catalogue, code: Code) -> list[set[str]]:
    return [
        {name for _, name, _, _ in Formatter().parse(text) if name}
        for text in catalogue.texts[code]
    ]


@pytest.mark.parametrize("code", Code)
def test_both_languages_tell_the_same_facts(code: Code) -> None:
    english = placeholders(catalogue_en.CATALOGUE, code)
    assert english == placeholders(catalogue_zh.CATALOGUE, code)


def test_both_languages_have_the_same_words() -> None:
    english, chinese = catalogue_en.CATALOGUE, catalogue_zh.CATALOGUE
    assert english.kinds.keys() == chinese.kinds.keys()
    assert english.advice.keys() == chinese.advice.keys()
    assert english.texts.keys() == chinese.texts.keys() == set(Code)


def test_all_faults_of_a_document_are_told_at_once() -> None:
    text = (
        "kind: flow\n"
        "name: M\n"
        "nodes:\n"
        "  - name: a\n"
        "    type: copy\n"
        "    source: {connection: erp, streams: public.m}\n"
        "    target: {connectionn: dw}\n"
        "    write: {mode: upsert}\n"
        "    parallel: two\n"
        "    parallel: 2\n"
    )

    faults = read_document(text.encode(), "flows/m.yaml", "flow").faults

    assert {(fault.place.line, fault.code) for fault in faults} == {
        (2, Code.NAME_MALFORMED),
        (6, Code.TYPE_WRONG),
        (7, Code.FIELD_MISSING),
        (7, Code.FIELD_UNKNOWN),
        (8, Code.VALUE_UNKNOWN),
        (9, Code.TYPE_WRONG),
        (10, Code.KEY_REPEATED),
    }


def test_a_plaintext_password_is_not_repeated() -> None:
    text = PROJECT + "secrets: [{type: env, password: hunter2, prefix: '1'}]"
    told = "".join(map(str, read_document(text.encode(), "x.yaml", "project").faults))
    assert "password" in told
    assert "hunter2" not in told


def test_a_fault_reads_as_one_line() -> None:
    [fault] = read_document(b"kind: project\nnamee: acme\nname: a\n", "x.yaml", None).faults
    assert str(fault) == (
        'x.yaml:2:1 namee: There is no field "namee" here. Allowed: kind, name, description, '
        "state, secrets, defaults, retention."
    )
    assert fault.record("zh") == {
        "code": "field_unknown",
        "file": "x.yaml",
        "line": 2,
        "column": 1,
        "field": "namee",
        "problem": "此处没有字段“namee”。",
        "remedy": "可用：kind, name, description, state, secrets, defaults, retention。",
    }
