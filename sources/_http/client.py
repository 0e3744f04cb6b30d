"""The client every vendor is asked through: patient, bounded, and silent about secrets."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Self

import httpx
from tenacity import AsyncRetrying, RetryCallState

from sources._http.answer import Answer, Expects, utc_now
from sources._http.auth import Auth, SharedAuth
from sources._http.budget import Budget
from sources._http.call import Call, Fault
from sources._http.errors import PenstockError
from sources._http.exchange import CHATTY, Asked, Params, Wire
from sources._http.gate import Forbids, Gate, Hears
from sources._http.judgement import Judge, Judgement
from sources._http.lanes import Lanes
from sources._http.redact import Redactor, Withholds, cleaned_logs
from sources._http.retry import again, enough, gave_up, pause, ran_out
from sources._http.settings import WireSettings
from sources._http.sign import Sign, signed
from sources._http.verdict import ended, is_stale, verdict

_log = logging.getLogger(__name__)


class Client:
    """Asks one vendor account; an async context manager, to be used in one event loop.

    Certificates are always verified. Redirects are never followed. A proxy named by the
    environment (`HTTPS_PROXY`, `NO_PROXY`) is used, except for this machine itself.
    """

    def __init__(
        self,
        settings: WireSettings,
        *,
        headers: Mapping[str, str] | None = None,
        auth: Auth | None = None,
        sign: Sign | None = None,
        judge: Judge | None = None,
        lanes: Lanes | None = None,
        redactor: Redactor | None = None,
        withholds: Withholds | None = None,
        connection: str | None = None,
        budget: Budget | None = None,
        hears: Hears | None = None,
        ends_at: float | None = None,
        forbids: Forbids | None = None,
        clock: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """A client that is not open yet.

        Args:
            settings: where the vendor is and how patiently it is asked.
            headers: sent with every request: a fixed key, for one.
            auth: credentials that expire; a 401 has them renewed once for all requests in flight.
            sign: puts what `auth` gave on a request, where that is not its headers. What it puts
                on is in no message, log or `Answer.url`.
            judge: reads what an answer means where its status doesn't say it, expired credentials
                for one; it comes before `tolerate`.
            lanes: how many requests are in flight at once, found by trying. Waiting for a lane
                takes none of `deadline_seconds`, and whoever waits for another try holds none.
                Each has a connection, even if `max_connections` is less.
            redactor: knows the connection's secrets; it learns those of `headers` and `auth` here.
            withholds: takes out of a body, or of the words that `judge` found in it, what no
                message may quote. The redactor learns it: it holds for all that is quoted by it.
            connection: named by every error.
            budget: the account's calls. Every request takes one, a retry and a repeat after a
                renewal too; waiting for it takes none of `deadline_seconds`.
            hears: reads from an answer's headers what the vendor says of its own count.
            ends_at: when the run is over, in seconds of `time.monotonic`: nothing is sent from
                then on, and no wait begun that would end later.
            forbids: says why a path must never be called; None where it may. It is asked about
                the path as it is sent, base included, and as it is when it is percent-decoded.
            clock: now, in UTC, naive.
            sleep: waits between tries.
        """
        most = max(settings.max_connections, lanes.most if lanes else 0)
        self.settings = replace(settings, max_connections=most)
        self.redactor = redactor or Redactor()
        if withholds is not None:
            self.redactor.withhold_by(withholds)
        self._headers = dict(headers or {})
        self._auth = SharedAuth(auth) if auth else None
        self._sign = sign
        self._judge = judge
        self._connection = connection
        self._gate = Gate(budget=budget, hears=hears, ends_at=ends_at, forbids=forbids, lanes=lanes)
        self._clock = clock
        self._sleep = sleep
        self._stack = AsyncExitStack()
        self._open: Wire | None = None

    async def __aenter__(self) -> Self:
        """Open it.

        Raises:
            Misconfigured: the certificate bundle or the environment's proxy cannot be used, or a
                header cannot be sent.
        """
        try:
            wire = Wire(self.settings, self._headers, self.redactor, self._clock)
        except PenstockError as error:
            error.at(connection=self._connection)
            raise
        self._stack.enter_context(cleaned_logs(self.redactor, *CHATTY))
        await self._stack.enter_async_context(wire.http)
        self._open = wire
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open = None
        await self._stack.aclose()

    async def get(
        self,
        path: str,
        *,
        params: Params | None = None,
        expects: Expects = "json",
        tolerate: Collection[int] = (),
    ) -> Answer:
        """Ask for something; tried again as often as the settings allow.

        Args:
            path: below the base, data in it percent-encoded (see `WireSettings.url`).
            params: the query; a list repeats its name.
            expects: "json" has the body looked at from both ends; "bytes" takes anything.
            tolerate: statuses to hand back instead of raising.

        Raises:
            Retryable: tries or time are used up.
            OutOfTime: the run is over, or would be before the next try.
            Refused: 401 or 403, or what `judge` takes for either.
            Rejected: any other 4xx, or what `judge` takes for one.
            Drifted: no JSON where JSON was expected.
            Misconfigured: a forbidden path, a redirect, an untrusted certificate, an answer over
                the size limit.
        """
        asked = Asked("GET", path, params)
        return await self._ask(asked, expects, tolerate, repeatable=True)

    async def post(
        self,
        path: str,
        *,
        json: object,
        params: Params | None = None,
        expects: Expects = "bytes",
        tolerate: Collection[int] = (),
        repeatable: bool = False,
    ) -> Answer:
        """Send JSON.

        Args:
            path: as for `get`.
            json: the body.
            params: as for `get`.
            expects: as for `get`.
            tolerate: as for `get`.
            repeatable: sending it twice does no harm. Otherwise it is tried again only when the
                connection was never made; an answer that is lost raises `Retryable` with
                `maybe_done`.

        Raises:
            PenstockError: as `get`.
        """
        asked = Asked("POST", path, params, json)
        return await self._ask(asked, expects, tolerate, repeatable=repeatable)

    async def send(
        self,
        path: str,
        *,
        content: bytes,
        headers: Mapping[str, str],
        expects: Expects = "bytes",
        tolerate: Collection[int] = (),
        repeatable: bool = False,
    ) -> Answer:
        """Send bytes: a file, a form.

        Args:
            path: as for `get`.
            content: the body.
            headers: what it is, `Content-Type` at least.
            expects: as for `get`.
            tolerate: as for `get`.
            repeatable: as for `post`.

        Raises:
            PenstockError: as `post`.
            ValueError: a header cannot be sent.
        """
        asked = Asked("POST", path, content=content, headers=headers)
        return await self._ask(asked, expects, tolerate, repeatable=repeatable)

    async def _ask(
        self, asked: Asked, expects: Expects, tolerate: Collection[int], *, repeatable: bool
    ) -> Answer:
        """Try until there is an answer, an error that no retry mends, or no time."""
        request = self._wire.request(asked, "application/json" if expects == "json" else "*/*")
        call = Call(
            method=asked.method,
            shown=self.redactor.clean(str(request.url)),
            expects=expects,
            repeatable=repeatable,
            tolerate=frozenset(tolerate),
        )
        late = False
        try:
            async with asyncio.timeout(self.settings.deadline_seconds) as deadline:
                call.deadline = deadline
                return await self._tries(call)(self._try, request, call)
        except PenstockError as error:
            error.at(connection=self._connection)
            raise
        except Fault:
            pass
        except TimeoutError:
            if not deadline.expired():
                raise
            late = True
        gone: PenstockError
        if call.next_try_in is not None:
            gone = ran_out(call)
        else:
            gone = gave_up(call, self.settings, self._clock(), late=late)
        raise gone.at(connection=self._connection)

    def _tries(self, call: Call) -> AsyncRetrying:
        """How one call is tried: tenacity keeps state in such an object, so none is shared."""
        return AsyncRetrying(
            retry=again(call),
            wait=pause(self.settings),
            stop=enough(call, self.settings, self._gate.ends_at),
            sleep=self._sleep,
            before_sleep=lambda state: _log_retry(call, state),
            reraise=True,
        )

    async def _try(self, request: httpx.Request, call: Call) -> Answer:
        """One try; credentials are renewed at most once per call."""
        try:
            self._gate.check(request, call)  # before a login is sent for it
            credentials, answer, judgement = await self._once(request, call)
            if self._auth is not None and is_stale(answer, call, judgement):
                call.renewed = True
                with call.standing_still():
                    await self._auth.renew(credentials)
                credentials, answer, judgement = await self._once(request, call)
            wrong = verdict(answer, call, self.redactor, judgement)
            if wrong is not None:
                raise wrong
        except Fault as fault:
            call.faults.append(fault)
            raise
        return answer

    async def _once(
        self, request: httpx.Request, call: Call
    ) -> tuple[dict[str, str], Answer, Judgement | None]:
        """One exchange: with which credentials, and what came of it.

        They are put on when it is its turn: those of before may be over by then.
        """
        async with self._gate.lane(call) as lane:
            credentials: dict[str, str] = {}
            if self._auth is not None:
                with call.standing_still():
                    credentials = await self._auth.headers()
            authorised = self._authorised(request, credentials)
            answer = await self._gate.exchange(self._wire, authorised, call)
            judgement = self._judge(answer) if self._judge else None
            lane.ended = ended(answer, judgement)
        return credentials, answer, judgement

    def _authorised(self, request: httpx.Request, credentials: dict[str, str]) -> httpx.Request:
        """The request with the credentials on it."""
        if self._sign is not None and credentials:
            return signed(self._sign, request, credentials, self.redactor)
        request.headers.update(self._wire.sendable(credentials))
        return request

    @property
    def lanes(self) -> Lanes | None:
        """How many requests are in flight at once; None where nothing but connections limits it."""
        return self._gate.lanes

    @property
    def _wire(self) -> Wire:
        if self._open is None:
            raise RuntimeError("the client is not open: use it in `async with`")
        return self._open


def _log_retry(call: Call, state: RetryCallState) -> None:
    fault = call.faults[-1]
    when = "when the budget allows" if fault.is_budgeted else f"in {state.upcoming_sleep:.1f} s"
    _log.warning("%s: %s; again %s", call.asked, fault.reason, when)
