import json
import subprocess
import sys

import psycopg
import pytest

from landbridge.connectors.postgres.dialects import DIALECTS
from landbridge.connectors.postgres.errors import explained, kind_of
from landbridge.connectors.postgres.keys import quoted_text
from landbridge.connectors.postgres.manifest import MANIFEST
from landbridge.connectors.postgres.names import TableName, parse_stream
from landbridge.connectors.postgres.options import PostgresOptions
from landbridge.connectors.postgres.routes import merged
from landbridge.connectors.postgres.server import Server
from landbridge.kernel.errors import (
    LandbridgeError,
    QueryRefusedError,
    RowsRefusedError,
    SystemBusyError,
)

KNOWN_CLASSES = (
    "02 03 08 09 0A 0B 0F 0L 0P 0Z 10 20 21 22 23 24 25 26 27 28 2B 2D 2F 34 38 39 3B 3D 3F "
    "40 42 44 53 54 55 57 58 72 F0 HV P0 XX"
)
"""Classes that `errors._KINDS` was written for; those it does not name are refusals."""


@pytest.mark.parametrize(
    ("stream", "schema", "table"),
    [
        ("orders", "public", "orders"),
        ("sales.orders", "sales", "orders"),
        ("销售.订单", "销售", "订单"),
        ('"a.b".c', "a.b", "c"),
        ('x."say ""hi"""', "x", 'say "hi"'),
        ("select 'odd\" name", "public", "select 'odd\" name"),
        ("a.b.c", "a", "b.c"),
        (".x", "", "x"),
    ],
)
def test_stream_names_mean_one_table(stream: str, schema: str, table: str) -> None:
    assert parse_stream(stream, "public") == TableName(schema, table)


@pytest.mark.parametrize("part", ["plain", "a.b", 'q"uote', '"', "sp ace", "名"])
def test_names_of_the_catalogue_are_parsed_back(part: str) -> None:
    name = TableName(part, part)
    assert parse_stream(name.stream, "public") == name


def test_sqlstates_decide_what_to_do() -> None:
    by_code = {
        code: kind_of(code).retry
        for code in ("08006", "57P01", "40001", "40P01", "55P03", "53300", "57014", "42P07")
    }
    assert by_code == {
        "08006": "reconnect",
        "57P01": "reconnect",
        "40001": "later",
        "40P01": "later",
        "55P03": "later",
        "53300": "later",
        "57014": "later",
        "42P07": "never",
    }


def test_a_class_of_sqlstate_that_the_driver_adds_is_noticed() -> None:
    states = {getattr(error, "sqlstate", None) for error in vars(psycopg.errors).values()}
    classes = {state[:2] for state in states if isinstance(state, str)}
    assert " ".join(sorted(classes)) == KNOWN_CLASSES


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (psycopg.errors.NotNullViolation("x"), RowsRefusedError),
        (psycopg.errors.NumericValueOutOfRange("x"), RowsRefusedError),
        (psycopg.errors.RaiseException("a trigger says no"), RowsRefusedError),
        (psycopg.errors.DeadlockDetected("x"), SystemBusyError),
        (psycopg.InterfaceError("x"), QueryRefusedError),
    ],
)
def test_driver_failures_are_translated(
    raised: psycopg.Error, told: type[LandbridgeError]
) -> None:
    with pytest.raises(told) as failure, explained(stream="t"):
        raise raised
    assert failure.value.facts["stream"] == "t"


def test_relatives_without_on_conflict_update_and_then_insert() -> None:
    target = TableName("public", "t")
    one = merged(target, [], ["id"], DIALECTS["postgres"], unique=True)
    other = merged(target, [], ["id"], DIALECTS["gaussdb"], unique=True)
    assert "ON CONFLICT" in " ".join(one.moves)
    assert "NOT EXISTS" in " ".join(other.moves)
    assert DIALECTS["opengauss"].sql.upsert == "on_duplicate_key"


def test_texts_are_quoted_for_statements() -> None:
    assert quoted_text("it's") == "'it''s'"


def test_options_are_closed_and_keep_the_password() -> None:
    with pytest.raises(ValueError, match="extra"):
        PostgresOptions.model_validate_json('{"host": "h", "database": "d", "usr": "u"}')
    text = {"host": "h", "database": "d", "user": "u", "password": "hunter2"}
    options = PostgresOptions.model_validate_json(json.dumps(text))
    assert "hunter2" not in repr(options) + str(Server(options))
    assert options.tls == "prefer"


def test_the_manifest_loads_no_driver() -> None:
    code = (
        "import sys, landbridge.connectors.postgres.manifest; "
        "print(sorted({'psycopg', 'pgpq', 'adbc_driver_postgresql'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
    assert MANIFEST.writes is not None
    assert MANIFEST.writes.transactional
