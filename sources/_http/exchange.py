"""One request and its answer on the wire, over httpx, with every failure given its meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Final

import httpx

from sources._http.answer import Answer, TooLarge, Undecodable, read_some, read_whole
from sources._http.call import Call, Fault
from sources._http.errors import Drifted, Misconfigured, Oversized
from sources._http.redact import Redactor, is_telling
from sources._http.retry import fault_of
from sources._http.settings import WireSettings
from sources._http.verdict import is_data

CHATTY: Final = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.proxy",
    "httpcore.socks",
)
"""Loggers that write URLs and headers; a logger's filter does not see its children's records."""

_NEVER_PROXIED: Final = ("all://localhost", "all://127.0.0.1", "all://[::1]")

_SHOWN: Final = 300  # characters of what is no URL

Params = Mapping[str, str | int | Sequence[str]]


@dataclass(frozen=True)
class Asked:
    """What a request is made of.

    Attributes:
        method: of HTTP.
        path: below the base, data in it percent-encoded.
        params: the query; a list repeats its name.
        json: what the body is in JSON, if anything.
        content: or the body as it is.
        headers: what this request says besides what all say.
    """

    method: str
    path: str
    params: Params | None = None
    json: object = None
    content: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


class Wire:
    """Builds requests and exchanges them, one try at a time."""

    def __init__(
        self,
        settings: WireSettings,
        headers: Mapping[str, str],
        redactor: Redactor,
        clock: Callable[[], datetime],
    ) -> None:
        """Open connections only when they are needed.

        Raises:
            Misconfigured: the certificate bundle or the environment's proxy cannot be used, or a
                header cannot be sent.
        """
        self._settings = settings
        self._redactor = redactor
        self._clock = clock
        timeouts = httpx.Timeout(
            connect=settings.connect_seconds,
            read=settings.read_seconds,
            write=settings.write_seconds,
            pool=None,  # whoever waits for a connection is held to the deadline
        )
        fixed = {"accept-encoding": "gzip", "user-agent": "penstock"}
        try:
            self.http = httpx.AsyncClient(
                headers=self.sendable(headers) | fixed,
                verify=settings.tls(),
                timeout=timeouts,
                limits=httpx.Limits(max_connections=settings.max_connections),
                mounts=dict.fromkeys(_NEVER_PROXIED),
                follow_redirects=False,
            )
            # no vendor wants cookies back; kept, they would grow with every answer
            self.http.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        except (ValueError, ImportError) as error:
            raise Misconfigured(
                redactor.clean(f"the proxy that the environment names cannot be used: {error}")
            ) from None

    def request(self, asked: Asked, accept: str) -> httpx.Request:
        """A request for a path below the base.

        Raises:
            ValueError: the path is none, or a header cannot be sent.
            Drifted: what is asked for, which a vendor has named, is longer than a URL can be, or no
                text.
        """
        url = self._settings.url(asked.path)
        try:
            return self.http.build_request(
                asked.method,
                url,
                params=httpx.QueryParams(asked.params) or None,
                json=asked.json,
                content=asked.content,
                headers={"accept": accept, **asked.headers},
            )
        except (httpx.InvalidURL, UnicodeEncodeError) as error:
            shown = self._redactor.clean(url[:_SHOWN])
            is_text = not isinstance(error, UnicodeError)
            if is_text and "too long" not in str(error):
                raise ValueError(self._redactor.clean(f"{shown!r} is no URL: {error}")) from None
            why = str(error) if is_text else "half of a surrogate pair"
            raise Drifted(
                f"{asked.method} {shown} cannot be sent, with what the vendor named: {why}"
            ) from None

    async def exchange(self, request: httpx.Request, call: Call) -> Answer:
        """Send it and read the answer, good or bad.

        Raises:
            Fault: it failed on the way, and not for good.
            Misconfigured: it failed, and would again.
        """
        call.requests += 1
        wrong: Fault | Misconfigured
        try:
            return await self._exchange(request, call)
        except httpx.RequestError as error:
            wrong = fault_of(error, call, self._redactor, self._settings)
        except Undecodable as error:
            wrong = Fault(f"answered with a body that cannot be unpacked: {error}", kind=Drifted)
        except TooLarge:
            wrong = Oversized(
                f"{call.asked}: the answer is over {self._settings.max_body_bytes} bytes; "
                "if that is how large this vendor's answers are, raise max_body_bytes"
            )
        # raised out here, so that no chain leads back to httpx's error and the request in it
        raise wrong

    async def _exchange(self, request: httpx.Request, call: Call) -> Answer:
        response = await self.http.send(request, stream=True)
        try:
            if is_data(response.status_code, call):
                body = await read_whole(response, self._settings.max_body_bytes)
            else:
                body = await read_some(response)
        finally:
            await response.aclose()
        return Answer(
            status=response.status_code,
            headers=response.headers,
            body=body,
            url=call.shown,
            received_at=self._clock(),
            attempts=call.requests,
        )

    def sendable(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers as they go out; what is secret in them is learnt.

        Raises:
            Misconfigured: a value holds what no header can: a line break, an accent.
        """
        stripped = {name: value.strip() for name, value in headers.items()}
        for name, value in stripped.items():
            if not (value.isascii() and value.isprintable()):
                raise Misconfigured(
                    f"the value of header {name} holds characters that no header can: "
                    "look for a line break or an accent in the secret"
                )
            if is_telling(name):
                self._redactor.add(value, value.rpartition(" ")[2])
        return stripped
