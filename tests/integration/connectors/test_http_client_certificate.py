"""A certificate of the client, which the server asks for."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import JsonValue
from tests.integration.connectors.http_api import Api, ids, read, source
from typing_extensions import override

from landbridge.kernel.errors import OptionsInvalidError, SystemUnavailableError


def own_certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for 127.0.0.1 that vouches for itself, and its key, locked."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder.joinpath("cert.pem").write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
    )
    folder.joinpath("key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"hunter2"),
        )
    )
    return folder / "cert.pem", folder / "key.pem"


class _Conversation(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(b'[{"id": 1}]')

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


class _Quiet(ThreadingHTTPServer):
    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """A client without a certificate is hung up on; that is the point."""


def test_a_client_certificate_proves_who_asks(tmp_path: Path) -> None:
    certificate, key = own_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key, "hunter2")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(certificate)
    server = _Quiet(("127.0.0.1", 0), _Conversation)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    api = Api(url=f"https://127.0.0.1:{server.server_address[1]}")
    known: dict[str, JsonValue] = {"tls_ca": str(certificate)}
    mine: dict[str, JsonValue] = {
        **known,
        "tls_cert": str(certificate),
        "tls_cert_key": str(key),
        "tls_cert_password": "hunter2",
    }
    try:
        assert ids(read(source(api, None, **mine))) == [1]
        with pytest.raises(SystemUnavailableError):
            source(api, None, **known).check()
        with pytest.raises(OptionsInvalidError, match="cannot be used") as caught:
            source(api, None, **{**mine, "tls_cert_password": "hunter3"}).check()
        assert "hunter3" not in str(caught.value)
    finally:
        api.close()
        server.shutdown()
        thread.join()
        server.server_close()
