import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from landbridge.connectors.mysql.manifest import MANIFEST, placed
from landbridge.connectors.mysql.options import MysqlOptions
from landbridge.sdk.manifest import Context

GIVEN = {"host": "h", "database": "d", "user": "u", "password": "hush"}
CONTEXT = Context(Path("/project"), Path("/scratch"))


def test_reading_the_manifest_imports_no_driver() -> None:
    code = (
        "import sys; from landbridge.connectors.mysql.manifest import MANIFEST;"
        "assert not {'pymysql', 'connectorx'} & set(sys.modules), 'imported'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_both_ends_are_built_without_a_connection() -> None:
    options = MysqlOptions.model_validate({**GIVEN, "host": "no.such.host.invalid"})
    assert MANIFEST.source is not None
    assert MANIFEST.sink is not None
    MANIFEST.source(options, CONTEXT).close()
    MANIFEST.sink(options, CONTEXT).close()


@pytest.mark.parametrize(
    ("given", "meant"),
    [(None, None), ("ca.pem", "/project/ca.pem"), ("/etc/ca.pem", "/etc/ca.pem")],
)
def test_paths_start_at_the_project(given: str | None, meant: str | None) -> None:
    options = MysqlOptions.model_validate({**GIVEN, "tls_ca": given})
    assert placed(options, CONTEXT).tls_ca == meant


def test_the_password_is_never_shown() -> None:
    options = MysqlOptions.model_validate(GIVEN)
    assert "hush" not in repr(options) + options.model_dump_json()


@pytest.mark.parametrize("wrong", [{"port": 0}, {"port": "3306"}, {"tls": "maybe"}, {"x": 1}])
def test_options_are_closed_and_strict(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        MysqlOptions.model_validate({**GIVEN, **wrong})
