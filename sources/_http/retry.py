"""What is worth another try, when, and what to say after the last one.

Full jitter (each wait is random between nothing and a bound that doubles), so that many requests
that failed together do not come back together. `Retry-After` is obeyed to the second or, when it
asks for longer than the request may take, not waited for at all.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import groupby

import httpx
from tenacity import (
    RetryCallState,
    retry_if_exception,
    wait_random,
    wait_random_exponential,
)
from tenacity.retry import retry_base

from sources._http.answer import Answer
from sources._http.call import Call, Fault
from sources._http.errors import Drifted, Misconfigured, OutOfTime, PenstockError, Retryable
from sources._http.redact import Redactor
from sources._http.settings import WireSettings

_BYTES = re.compile(r"(?:bytearray\()?\bb(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")\)?")
_LONGEST_WAIT = 1e9  # seconds, thirty years: what is longer is no time to come back at
_LONGEST_DATE = 100  # characters
_NOT_DONE = frozenset({429})
_BEFORE_SENDING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
)
_NAMES_ANOTHER_HOST = frozenset({62, 64})  # X509_V_ERR_HOSTNAME_MISMATCH, _IP_ADDRESS_MISMATCH
_EXPIRED, _NOT_YET_VALID = 10, 9


def fault_of(
    error: httpx.RequestError, call: Call, redactor: Redactor, settings: WireSettings
) -> Fault | Misconfigured:
    """What a failure on the wire means.

    The result does not carry the original: httpx's errors hold the request, and with it the
    credentials.
    """
    links = list(_chain(error))
    for link in links:
        if isinstance(link, ssl.SSLCertVerificationError):
            return Misconfigured(redactor.clean(f"{call.asked}: {_untrusted(link)}"))
        if isinstance(link, ssl.SSLError) and link.reason == "WRONG_VERSION_NUMBER":
            return Misconfigured(f"{call.asked}: no TLS is spoken there: check base_url's port")
    if isinstance(error, httpx.LocalProtocolError):
        return Misconfigured(redactor.clean(f"{call.asked} cannot be sent: {links[-1]}"))
    sent = not isinstance(error, _BEFORE_SENDING)
    match error:
        case httpx.ConnectTimeout():
            reason = f"no connection within {settings.connect_seconds:g} s"
        case httpx.ReadTimeout():
            reason = f"silent for {settings.read_seconds:g} s"
        case httpx.WriteTimeout():
            reason = f"took nothing of the request for {settings.write_seconds:g} s"
        case httpx.ProxyError():
            reason = f"the proxy refused ({links[-1]})"
        case httpx.ConnectError() if isinstance(links[-1], socket.gaierror):
            reason = f"the host's name does not resolve ({links[-1].strerror})"
        case httpx.ConnectError():
            reason = f"cannot connect ({_words(links[-1])})"
        case _:
            reason = f"the connection broke ({_words(links[-1])})"
    return Fault(redactor.clean(reason), sent=sent)


def retry_after(value: str | None, date: str | None, now: datetime) -> float | None:
    """How many seconds a `Retry-After` header asks to wait; None when it says nothing usable.

    Args:
        value: seconds, or an HTTP date.
        date: the answer's own `Date`, against which a date is measured when it is there: the
            vendor's clock and ours may differ.
        now: our time, UTC, naive.
    """
    if value is None:
        return None
    if re.fullmatch(r"\s*\d{1,9}(\.\d{1,9})?\s*", value, re.ASCII):
        return min(float(value), _LONGEST_WAIT)
    until = _http_date(value)
    if until is None:
        return None
    return min(max(0.0, (until - (_http_date(date or "") or now)).total_seconds()), _LONGEST_WAIT)


def asked_to_wait(answer: Answer) -> float | None:
    """How many seconds an answer asks to wait before the next try; None when it does not."""
    headers = answer.headers
    return retry_after(headers.get("retry-after"), headers.get("date"), answer.received_at)


def pause(settings: WireSettings) -> Callable[[RetryCallState], float]:
    """How long to wait before the next try, in seconds."""
    jittered = wait_random_exponential(
        multiplier=settings.backoff_seconds, max=settings.backoff_cap_seconds
    )
    apart = wait_random(0, settings.backoff_seconds)

    def seconds(state: RetryCallState) -> float:
        fault = _fault(state)
        if fault is not None and fault.is_budgeted:
            return 0.0
        if fault is None or fault.retry_after is None:
            return jittered(state)
        return fault.retry_after + apart(state)

    return seconds


def again(call: Call) -> retry_base:
    """Whether to try again: a fault, and either harmless to repeat or never sent."""
    return retry_if_exception(lambda e: isinstance(e, Fault) and (call.repeatable or not e.sent))


def enough(
    call: Call, settings: WireSettings, ends_at: float | None
) -> Callable[[RetryCallState], bool]:
    """When to give up: tries used up, or the next one would start too late.

    Args:
        call: learns when it would have been tried again, if it is the run that is over.
        settings: tries, and how long all of them may take.
        ends_at: when the run is over, on `time.monotonic`.
    """

    def stop(state: RetryCallState) -> bool:
        if state.attempt_number >= settings.attempts:
            return True
        taken = (state.seconds_since_start or 0.0) - call.waited
        if taken + state.upcoming_sleep >= settings.deadline_seconds:
            return True
        if ends_at is None or time.monotonic() + state.upcoming_sleep < ends_at:
            return False
        call.next_try_in = state.upcoming_sleep
        return True

    return stop


def ran_out(call: Call) -> OutOfTime:
    """The error when the run ended before the next try."""
    return OutOfTime(
        f"{call.asked}: {_history(call.faults)}; the time given to this run is over before the "
        f"next try, in {call.next_try_in or 0.0:.0f} s",
        status=call.faults[-1].status,
        next_call_in=call.next_try_in,
    )


def gave_up(call: Call, settings: WireSettings, now: datetime, *, late: bool) -> PenstockError:
    """The error after the last try.

    Args:
        call: with at least one fault, or `late`.
        settings: what it was allowed.
        now: UTC, naive.
        late: the deadline passed in the middle of a try.
    """
    last = call.faults[-1] if call.faults else None
    said = [_history(call.faults)] if last else []
    if late:
        said.append(f"not finished within {settings.deadline_seconds:g} s")
    retry_at = None
    if last is not None and last.retry_after is not None:
        retry_at = now + timedelta(seconds=last.retry_after)
        said.append(f"it asks to come back in {last.retry_after:g} s, at {retry_at:%F %T} UTC")
    unknown = not call.repeatable and _may_be_done(call, last, late=late)
    if unknown:
        said.append("nobody knows whether the vendor acted on it, so it is not sent again")
    message = f"{call.asked}: {'; '.join(said)}"
    status = last.status if last else None
    if last is not None and last.kind is Drifted and not late:
        return Drifted(message, status=status)
    return Retryable(message, status=status, retry_at=retry_at, maybe_done=unknown)


def _may_be_done(call: Call, last: Fault | None, *, late: bool) -> bool:
    if late:
        return call.requests > 0
    return last is not None and last.sent and last.status not in _NOT_DONE


def _history(faults: list[Fault]) -> str:
    """What the tries failed of, those alike in a row counted: "answered 500 (3 times)"."""
    told = []
    for reason, alike in groupby(faults, key=lambda fault: fault.reason):
        times = len(list(alike))
        told.append(f"{reason} ({times} times)" if times > 1 else reason)
    return ", then ".join(told)


def _fault(state: RetryCallState) -> Fault | None:
    error = state.outcome.exception() if state.outcome is not None else None
    return error if isinstance(error, Fault) else None


def _http_date(text: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text[:_LONGEST_DATE])
        return parsed.astimezone(UTC).replace(tzinfo=None) if parsed.tzinfo else parsed
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__


def _words(error: BaseException) -> str:
    """What an error says, or what it is called when it says nothing.

    Bytes that came where they don't belong may be of a body: they are left out.
    """
    return _BYTES.sub("…", str(error)) or type(error).__name__


def _untrusted(error: ssl.SSLCertVerificationError) -> str:
    said = f"the server's certificate is not trusted: {error.verify_message.rstrip('.')}"
    if error.verify_code in _NAMES_ANOTHER_HOST:
        return f"{said}; base_url must name the host as its certificate does"
    if error.verify_code == _EXPIRED:
        return f"{said}; whoever runs the server must renew it"
    if error.verify_code == _NOT_YET_VALID:
        return f"{said}; is this machine's clock right?"
    return f"{said}; a private authority's certificate goes into the ca_bundle setting"
