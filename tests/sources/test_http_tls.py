"""Certificates are always verified; a private authority is trusted when it is named."""

from __future__ import annotations

import asyncio
import dataclasses
import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

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

from sources._http.answer import Answer
from sources._http.client import Client
from sources._http.errors import Misconfigured
from sources._http.settings import WireSettings
from tests.sources.http_loopback import Server, quick, reply

DAY = timedelta(days=1)


@dataclasses.dataclass(frozen=True)
class Authority:
    """A certificate authority of our own, good for one test run."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def bundle(self) -> Path:
        return self.folder / "ca.pem"

    def server(self, host: str = "127.0.0.1", *, until: timedelta = DAY) -> ssl.SSLContext:
        """A server's context, with a certificate for that host."""
        key = ec.generate_private_key(ec.SECP256R1())
        try:
            name: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            name = x509.DNSName(host)
        certificate = (
            _builder("server", until)
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .add_extension(x509.SubjectAlternativeName([name]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
            .sign(self.key, hashes.SHA256())
        )
        file = self.folder / f"{host}.pem"
        file.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + certificate.public_bytes(Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _builder(name: str, until: timedelta) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 10 * DAY)
        .not_valid_after(now + until)
    )


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    usage = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    certificate = (
        _builder("Kitchen authority", DAY)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Kitchen authority")]))
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(key_cert_sign=True, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    made = Authority(tmp_path_factory.mktemp("ca"), key, certificate)
    made.bundle.write_bytes(certificate.public_bytes(Encoding.PEM))
    return made


def ask(tls: ssl.SSLContext | None, *, host: str = "127.0.0.1", bundle: Path | None) -> Answer:
    """One GET over TLS; without a context, the server does not speak it."""

    async def go() -> Answer:
        async with Server((reply(),), tls=tls) as server:
            settings = quick(f"https://{host}:{server.port}", ca_bundle=bundle)
            try:
                async with Client(settings, headers={"ApiToken": "tok-12345"}) as client:
                    return await client.get("list")
            finally:
                if tls is not None and bundle is None:
                    assert server.requests == []

    return asyncio.run(go())


def test_a_named_authority_is_trusted(authority: Authority) -> None:
    assert ask(authority.server(), bundle=authority.bundle).status == 200


def test_an_unknown_authority_is_refused_with_the_hint(authority: Authority) -> None:
    with pytest.raises(Misconfigured) as caught:
        ask(authority.server(), bundle=None)
    assert "certificate is not trusted" in str(caught.value)
    assert "ca_bundle" in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_another_hosts_certificate_is_refused(authority: Authority) -> None:
    with pytest.raises(Misconfigured, match="base_url must name the host as its certificate does"):
        ask(authority.server("erp.example"), bundle=authority.bundle)


def test_an_expired_certificate_is_refused(authority: Authority) -> None:
    with pytest.raises(Misconfigured, match="must renew it"):
        ask(authority.server(until=-DAY), bundle=authority.bundle)


def test_a_port_without_tls_is_misconfigured() -> None:
    class Plain(Server):
        async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            await writer.drain()
            writer.close()

    async def go() -> None:
        async with (
            Plain((reply(),)) as server,
            Client(quick(f"https://127.0.0.1:{server.port}")) as client,
        ):
            await client.get("list")

    with pytest.raises(Misconfigured, match="no TLS is spoken there"):
        asyncio.run(go())


@pytest.mark.parametrize(
    "content", [None, b"", b"no certificate", "folder"], ids=["missing", "empty", "text", "folder"]
)
def test_a_bundle_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | str | None) -> None:
    bundle = tmp_path / "ca.pem"
    if isinstance(content, bytes):
        bundle.write_bytes(content)
    elif content == "folder":
        bundle.mkdir()

    async def go() -> None:
        settings = WireSettings(base_url="https://erp.example", ca_bundle=bundle)
        async with Client(settings, connection="cienapps"):
            pass

    with pytest.raises(Misconfigured, match=r"^cienapps: ca_bundle '.*ca\.pem' cannot be used"):
        asyncio.run(go())


def test_the_systems_trust_stays_beside_the_bundle(authority: Authority) -> None:
    alone = WireSettings(base_url="https://erp.example").tls()
    both = WireSettings(base_url="https://erp.example", ca_bundle=authority.bundle).tls()
    assert both.cert_store_stats()["x509_ca"] == alone.cert_store_stats()["x509_ca"] + 1


def test_no_setting_turns_verification_off() -> None:
    names = {field.name for field in dataclasses.fields(WireSettings)}
    assert not {name for name in names if "verif" in name or "insecure" in name}
    for base_url in ("https://erp.example", "http://localhost"):
        context = WireSettings(base_url=base_url).tls()
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
