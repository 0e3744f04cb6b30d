"""A relay before a vendor's server that keeps what a client sends: what was handed out rides on it.

It knows nothing of our client: it reads requests as bytes.
"""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

_REQUEST = re.compile(rb"^(?:GET|POST|PUT|DELETE|PATCH) /(\w+)", re.MULTILINE)
_AUTHORIZATION = re.compile(rb"(?im)^authorization: *(bearer|basic) +(\S+)\r?$")
_HEADER = re.compile(rb"(?im)^(?:apitoken|x-[\w-]*(?:key|token)): *(\S+)\r?$")
_NAMED = re.compile(rb"""(?i)["?&](?:\w*token\w*)["]?\s*[:=]\s*"?([\w.~+/%=-]{8,})""")


@dataclass
class Wiretap:
    """What went through.

    Attributes:
        url: where clients find it.
        sent: by connection, all that the client sent.
    """

    url: str
    sent: list[bytearray] = field(default_factory=list)

    def tokens(self) -> dict[str, set[str]]:
        """By the first part of the path, what authorised requests were sent with."""
        found: dict[str, set[str]] = {}
        for bytes_sent in self.sent:
            for request in re.split(
                rb"(?m)^(?=(?:GET|POST|PUT|DELETE|PATCH) /)", bytes(bytes_sent)
            ):
                vendor = _REQUEST.match(request)
                if vendor is not None:
                    found.setdefault(vendor[1].decode(), set()).update(_of(request))
        return found


def _of(request: bytes) -> Iterator[str]:
    for kind, value in _AUTHORIZATION.findall(request):
        yield value.decode()
        if kind.lower() == b"basic":
            yield base64.b64decode(value).decode().partition(":")[2]
    for pattern in (_HEADER, _NAMED):
        for value in pattern.findall(request):
            yield value.decode()


@contextlib.contextmanager
def wiretapped(port: int) -> Iterator[Wiretap]:
    """Relays connections to a server on this machine for as long as the block runs."""
    listener = socket.create_server(("127.0.0.1", 0))
    tap = Wiretap(f"http://127.0.0.1:{listener.getsockname()[1]}")
    threading.Thread(target=_accept, args=(listener, port, tap), daemon=True).start()
    try:
        yield tap
    finally:
        listener.close()


def _accept(listener: socket.socket, port: int, tap: Wiretap) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        kept = bytearray()
        tap.sent.append(kept)
        threading.Thread(target=_serve, args=(client, port, kept), daemon=True).start()


def _serve(client: socket.socket, port: int, kept: bytearray) -> None:
    with client, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as on:
        back = threading.Thread(target=_relay, args=(on, client, bytearray()), daemon=True)
        back.start()
        _relay(client, on, kept)
        back.join()


def _relay(one: socket.socket, other: socket.socket, kept: bytearray) -> None:
    with contextlib.suppress(OSError):
        while chunk := one.recv(65_536):
            kept += chunk
            other.sendall(chunk)
    for end, how in ((other, socket.SHUT_WR), (one, socket.SHUT_RD)):
        with contextlib.suppress(OSError):
            end.shutdown(how)
