"""The law of option names: judged over every connector by tests/architecture."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
# What a name speaks of, and the units that may end it.
_UNITS = {
    re.compile(r"timeout|interval|delay|wait|duration|ttl|_age|every"): (
        "_secs",
        "_ms",
        "_days",
    ),
    re.compile(r"bytes|memory|buffer"): ("_bytes",),
}
_CANONICAL = {
    "hostname": "host",
    "server": "host",
    "username": "user",
    "login": "user",
    "passwd": "password",
    "pwd": "password",
    "db": "database",
    "dbname": "database",
    "schema": "schema_name",
    "uri": "url",
    "base_url": "url",
    "directory": "path",
    "folder": "path",
    "file": "path",
    "charset": "encoding",
    "timezone": "time_zone",
    "tz": "time_zone",
    "ssl": "tls",
    "ssl_mode": "tls",
    "flavour": "dialect",
}
_SECRET = re.compile(r"password|secret|token(?!_url)|api_key|private_key|passphrase")
Schema = Mapping[str, Any]


def faults(connector: str, options: type[BaseModel]) -> Iterator[str]:
    """Yield one line per option of the connector, or of a part of its options, that errs."""
    schema = options.model_json_schema()
    for model in (schema, *schema.get("$defs", {}).values()):
        if "properties" not in model:
            continue
        where = f"{connector}.{model['title']}"
        if model.get("additionalProperties") is not False:
            yield f"{where}: is open; unknown options must be refused"
        for name, field in model["properties"].items():
            yield from (f"{where}.{name}: {fault}" for fault in _faults(connector, name, field))


def _faults(connector: str, name: str, field: Schema) -> Iterator[str]:
    if not _SNAKE.fullmatch(name):
        yield "is not snake_case"
    if name.startswith(f"{connector}_"):
        yield "repeats the connector's name"
    if better := _CANONICAL.get(name):
        yield f"is called {better} everywhere else"
    if "const" not in field and not _described(field):
        yield "has no description"
    for speaks, units in _UNITS.items():
        if _numeric(field) and speaks.search(name) and not name.endswith(units):
            yield f"does not end in its unit ({' or '.join(units)})"
    if _SECRET.search(name) and _open_text(field):
        yield "is secret but not declared as SecretStr"


def _alternatives(field: Schema) -> Iterator[Schema]:
    yield field
    yield from field.get("anyOf", ())


def _described(field: Schema) -> bool:
    return "$ref" in field or any("description" in one for one in _alternatives(field))


def _numeric(field: Schema) -> bool:
    return any(one.get("type") in {"integer", "number"} for one in _alternatives(field))


def _open_text(field: Schema) -> bool:
    return any(
        one.get("type") == "string" and one.get("format") != "password" and "enum" not in one
        for one in _alternatives(field)
        if "const" not in one
    )
