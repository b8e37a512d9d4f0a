"""Options of a connection against a connector's own model."""

from enum import Enum
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr, field_validator

from landbridge.kernel.errors import DocumentsInvalidError
from landbridge.specs.codes import FaultCode
from landbridge.specs.documents import read_document
from landbridge.specs.faults import Fault, Where, nowhere
from landbridge.specs.options import check_options, validate_options


class Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Basic(Closed):
    type: Literal["basic"]
    user: str


class Bearer(Closed):
    type: Literal["bearer"]
    bearer: SecretStr


class Tls(Enum):
    OFF = "off"
    VERIFY = "verify"


class HttpOptions(Closed):
    url: Annotated[str, Field(pattern="^https?://", examples=["https://crm.example"])]
    port: int = Field(default=80, gt=0, lt=65536)
    auth: Annotated[Basic | Bearer, Field(discriminator="type")] | None = None
    password: SecretStr | None = None
    tls: Tls = Tls.VERIFY
    pages: int | Literal["all"] | list[int] = 1
    headers: dict[str, str] = Field(default_factory=dict[str, str])
    code: str = Field(default="", max_length=3)
    path: str = ""

    @field_validator("path")
    @classmethod
    def _is_relative(cls, path: str) -> str:
        if path.startswith("/"):
            raise ValueError(f"{path} is not relative.")
        return path


HEAD = "kind: connection\nname: crm\nconnector: http\noptions:\n"


def written(options: str) -> tuple[dict[str, JsonValue], Where]:
    text = HEAD + "".join(f"  {line}\n" for line in options.splitlines())
    document = read_document(text.encode(), "connections/crm.yaml", "connection")
    assert document.spec is not None
    assert document.spec.kind == "connection"
    assert document.where is not None
    return document.spec.options, document.where.below("options")


def faults_of(options: str) -> list[Fault]:
    raw, where = written(options)
    with pytest.raises(DocumentsInvalidError) as failure:
        validate_options(HttpOptions, raw, where)
    return [fault for fault in failure.value.faults if isinstance(fault, Fault)]


def test_right_options_become_the_connectors_model() -> None:
    raw, where = written("url: http://x\nauth: {type: basic, user: me}\npages: all")
    options = validate_options(HttpOptions, raw, where)
    assert options.auth == Basic(type="basic", user="me")


@pytest.mark.parametrize(
    ("options", "code", "line", "field", "remedy"),
    [
        ("ulr: http://x", FaultCode.FIELD_UNKNOWN, 5, "options.ulr", '"url"'),
        ("a: 1", FaultCode.FIELD_MISSING, 4, "options.url", "https://crm.example"),
        ("url: ftp://x", FaultCode.PATTERN_UNMET, 5, "options.url", "https://crm.example"),
        ("url: http://x\nport: '80'", FaultCode.TYPE_WRONG, 6, "options.port", "example 80"),
        ("url: http://x\nport: 0", FaultCode.TOO_SMALL, 6, "options.port", "> 0"),
        ("url: http://x\ncode: abcd", FaultCode.TOO_LONG, 6, "options.code", "at most 3"),
        ("url: http://x\npath: /a", FaultCode.VALUE_REFUSED, 6, "options.path", "example"),
        (
            "url: http://x\ntls: verifyy",
            FaultCode.VALUE_UNKNOWN,
            6,
            "options.tls",
            "mean verify",
        ),
        (
            "url: http://x\nauth: {type: bearer}",
            FaultCode.FIELD_MISSING,
            6,
            "options.auth.bearer",
            "bearer",
        ),
        (
            "url: http://x\nauth: {type: bearr}",
            FaultCode.VALUE_UNKNOWN,
            6,
            "options.auth.type",
            "Did you mean bearer?",
        ),
        ("url: http://x\nauth: me", FaultCode.TYPE_WRONG, 6, "options.auth", "basic"),
        ("url: http://x\nheaders: {a: 1}", FaultCode.TYPE_WRONG, 6, "options.headers.a", '"1"'),
        ("url: http://x\npages: [a]", FaultCode.TYPE_WRONG, 6, "options.pages[0]", "1"),
    ],
)
def test_a_wrong_option_is_placed_in_the_document(
    options: str, code: FaultCode, line: int, field: str, remedy: str
) -> None:
    [fault] = [fault for fault in faults_of(options) if fault.code is code]
    assert (fault.place.line, fault.place.field) == (line, field)
    assert remedy in fault.remedy()


def test_alternatives_without_a_tag_give_one_fault() -> None:
    [fault] = faults_of("url: http://x\npages: {a: 1}")
    assert fault.place.field == "options.pages"
    [fault] = faults_of("url: http://x\npages: some")
    assert "all" in fault.remedy()


def test_a_secret_is_not_repeated_whoever_repeats_it() -> None:
    raw, where = written("url: http://x\npath: ${secret:path}\nport: x")
    with pytest.raises(DocumentsInvalidError) as failure:
        validate_options(HttpOptions, {**raw, "path": "/hunter2"}, where, hide={"/hunter2"})
    told = str(failure.value)
    assert "hunter2" not in told
    assert "options.path" in told


@pytest.mark.parametrize("line", ["password: 1234567", "auth: {type: bearer, bearer: 1234567}"])
def test_a_password_in_clear_is_not_repeated(line: str) -> None:
    [fault] = faults_of(f"url: http://x\n{line}")
    assert fault.code is FaultCode.TYPE_WRONG
    assert "1234567" not in str(fault)


def test_a_reference_waits_for_its_secret_but_its_place_is_checked() -> None:
    raw, where = written("url: ${secret:url}\nport: ${secret:port}\ntls: ${secret:tls}")
    [fault] = check_options(HttpOptions, raw, where)
    assert (fault.code, fault.place.field) == (FaultCode.TYPE_WRONG, "options.port")
    assert check_options(HttpOptions, {"url": "http://x"}, where) == ()


def test_options_without_a_document_are_judged_too() -> None:
    with pytest.raises(DocumentsInvalidError) as failure:
        validate_options(HttpOptions, {"url": "hunter2", "port": "x"}, nowhere("request"))
    assert "hunter2" not in str(failure.value)
    assert "request:1:1 port" in str(failure.value)
