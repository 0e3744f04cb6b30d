"""Where a vendor is, how patiently it is asked, and whom its certificate must satisfy."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sources._http.errors import Misconfigured
from sources._http.objection import Objection, not_above, refuse
from sources._http.redact import Redactor

_ABOVE_ZERO: dict[str, float] = {
    "connect_seconds": 10,
    "read_seconds": 60,
    "write_seconds": 60,
    "max_body_bytes": 1024,
    "attempts": 5,
    "deadline_seconds": 300,
    "max_connections": 20,
}
_BASE_URL = 'base_url = "https://server:8443"'


@dataclass(frozen=True, kw_only=True)
class WireSettings:
    """One vendor account's wire, checked when it is made.

    There is no setting that turns certificate verification off, and plain `http` is for loopback
    alone: credentials ride on every request.

    Attributes:
        base_url: scheme, host, and whatever path prefix every route has; a slash at its end
            means nothing.
        connect_seconds: for the connection and its TLS handshake.
        read_seconds: longest silence of the vendor while it answers.
        write_seconds: longest standstill while a request is sent.
        ca_bundle: a PEM file of certificates trusted beside the system's: a vendor's server in
            the customer's own network has a private authority.
        max_body_bytes: largest answer, after decompression.
        attempts: how often one request is tried in all.
        deadline_seconds: the longest one request may take, waits and retries included.
        backoff_seconds: upper bound of the first wait; it doubles with every further one.
        backoff_cap_seconds: the upper bound stops doubling here.
        max_connections: open at the same time.

    Raises:
        Unusable: on construction, naming every setting that cannot be used.
    """

    base_url: str
    connect_seconds: float = 10.0
    read_seconds: float = 60.0
    write_seconds: float = 60.0
    ca_bundle: Path | str | None = None
    max_body_bytes: int = 128 * 1024 * 1024
    attempts: int = 5
    deadline_seconds: float = 300.0
    backoff_seconds: float = 1.0
    backoff_cap_seconds: float = 30.0
    max_connections: int = 20

    def __post_init__(self) -> None:
        refuse(self._objections())

    def _objections(self) -> Iterator[Objection]:
        yield from _address_objections(self.base_url)
        yield from not_above(self, _ABOVE_ZERO)
        if not 0 <= self.backoff_seconds <= self.backoff_cap_seconds:
            yield Objection(
                "backoff_seconds",
                f"is {self.backoff_seconds}, it must lie between 0 and backoff_cap_seconds "
                f"({self.backoff_cap_seconds})",
                "backoff_seconds = 1.0",
            )

    def url(self, path: str) -> str:
        """The URL of a route below the base.

        Args:
            path: the route, with or without a slash in front; its segments are sent as they are
                written, so whatever is data in them is already percent-encoded
                (`urllib.parse.quote(value, safe="")`).

        Raises:
            ValueError: the path holds what is no path: a query, a fragment, dot segments.
        """
        if "?" in path or "#" in path:
            raise ValueError("a path holds no query or fragment: pass params, quote data")
        if not {".", ".."}.isdisjoint(path.split("/")):
            raise ValueError("a path holds no dot segments: they would climb out of the base")
        return f"{self.base_url.strip().rstrip('/')}/{path.lstrip('/')}"

    def tls(self) -> ssl.SSLContext:
        """The system's trust, and the bundle's beside it; nobody's where no TLS is spoken.

        Raises:
            Misconfigured: the bundle cannot be read, or holds no certificate.
        """
        if urlsplit(self.base_url.strip()).scheme == "http":
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # reading the system's takes 25 ms
        context = ssl.create_default_context()
        system = ssl.get_default_verify_paths()
        if system.cafile is None and system.capath is None:
            import certifi

            context.load_verify_locations(cafile=certifi.where())
        if self.ca_bundle is None:
            return context
        try:
            context.load_verify_locations(cafile=self.ca_bundle)
        except (OSError, ssl.SSLError) as error:
            why = (
                "no certificates in PEM form" if isinstance(error, ssl.SSLError) else error.strerror
            )
            raise Misconfigured(
                f"ca_bundle {str(self.ca_bundle)!r} cannot be used: {why}"
            ) from None
        return context


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, which nothing on the way can listen to."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _address_objections(base_url: str) -> Iterator[Objection]:
    """Objects to what cannot be a vendor's base, with the URL as it may be shown."""
    said = _why_no_base(base_url)
    if said:
        yield Objection("base_url", f"{Redactor().clean(base_url)!r} {said}", _BASE_URL)


def _why_no_base(base_url: str) -> str:
    try:
        parts = urlsplit(base_url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return f"is no URL: {Redactor().clean(str(error))}"
    if parts.scheme not in ("http", "https") or not host:
        return "is not of the form https://host[:port][/path]"
    if parts.username is not None or parts.password is not None:
        return "holds credentials: they belong into the secrets file"
    if parts.query or parts.fragment:
        return "holds more than scheme, host, port and path"
    if parts.scheme == "http" and not is_loopback(host):
        return (
            "would send credentials unencrypted: use https "
            "(a private certificate authority goes into ca_bundle)"
        )
    return ""
