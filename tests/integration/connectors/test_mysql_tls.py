"""Encrypted connections: rows go both ways, and a wrong certificate is no outage."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from tempfile import mkdtemp

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from tests.integration.connectors.mysql_copying import (
    a_load,
    options_of,
    pairs,
    read_all,
    write,
)
from tools.services import Server, mariadb

from landbridge.connectors.mysql.server import Server as Sessions
from landbridge.connectors.mysql.source import MysqlSource
from landbridge.kernel.errors import AuthenticationRefusedError


def certificate(folder: Path, name: str, address: str) -> Path:
    """Write a certificate that vouches for itself, and its key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(address))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(made.public_bytes(Encoding.PEM))
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.with_suffix(".key").write_bytes(secret)
    for one in (path, path.with_suffix(".key")):
        one.chmod(0o644)  # the server runs as another user
    return path


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(mkdtemp())
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def secured(mariadb_server: Server, folder: Path) -> Iterator[Server]:
    assert mariadb_server.port  # skipped where no server is to be had
    path = certificate(folder, "right", "127.0.0.1")
    settings: dict[str, str | int] = {
        "ssl_cert": str(path),
        "ssl_key": str(path.with_suffix(".key")),
        "require_secure_transport": "ON",
    }
    with mariadb(settings=settings, own=True) as server:
        yield server


@pytest.mark.parametrize("tls", ["prefer", "require", "verify_ca", "verify_full"])
def test_rows_go_both_ways_encrypted(secured: Server, folder: Path, tls: str) -> None:
    trusted = str(folder / "right.pem") if "verify" in tls else None
    options = options_of(secured, tls=tls, tls_ca=trusted)
    with closing(Sessions(options).connect()) as session:
        [(_, cipher)] = session.execute("SHOW STATUS LIKE 'Ssl_cipher'")
    assert cipher
    rows = pairs(*((at, "x" * 200) for at in range(20_000)))

    write(options, a_load("append", f"t_{tls}"), rows)

    assert read_all(options, f"t_{tls}", want=3).num_rows == 20_000


def test_a_certificate_of_somebody_else_is_refused_for_good(
    secured: Server, folder: Path
) -> None:
    wrong = certificate(folder, "wrong", "127.0.0.1")
    for tls in ("verify_ca", "verify_full"):
        options = options_of(secured, tls=tls, tls_ca=str(wrong))
        with closing(MysqlSource(options)) as source:
            with pytest.raises(AuthenticationRefusedError) as failure:
                source.check()
            assert "tls_ca" in failure.value.hint


def test_a_certificate_of_another_host_is_refused_by_verify_full_only(
    secured: Server, folder: Path
) -> None:
    right = str(folder / "right.pem")
    near = options_of(secured, host="localhost", tls="verify_ca", tls_ca=right)
    with closing(MysqlSource(near)) as source:
        assert source.check()
    strict = options_of(secured, host="localhost", tls="verify_full", tls_ca=right)
    with closing(MysqlSource(strict)) as source, pytest.raises(AuthenticationRefusedError):
        source.check()
