"""What an answer means: good, worth another try, or an error at once."""

from __future__ import annotations

from typing import Final

from sources._http.answer import Answer, looks_like_json
from sources._http.call import Call, Fault
from sources._http.errors import Drifted, Misconfigured, PenstockError, Refused, Rejected
from sources._http.judgement import Judgement, Kind
from sources._http.lanes import Ended
from sources._http.redact import Redactor
from sources._http.retry import asked_to_wait

UNAUTHORISED: Final = 401
_NO_CONTENT: Final = 204
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_CREDENTIALS: Final = frozenset({401, 403})
_TRANSIENT: Final = frozenset({408, 429, *range(500, 600)})
_BUSY: Final = frozenset({429, 503})
_TYPE: Final = 60  # characters of a Content-Type
_UNSERVED: Final = frozenset({UNAUTHORISED, 408, *range(500, 600)})


def is_data(status: int, call: Call) -> bool:
    """Whether the body of such an answer is data; otherwise it only explains a failure."""
    return 200 <= status < 300 or status in call.tolerate


def is_stale(answer: Answer, call: Call, judgement: Judgement | None) -> bool:
    """Whether new credentials may help: once per call, and as the judgement has it if there is one.

    Without one, for a 401 that the caller doesn't want to see.
    """
    if call.renewed:
        return False
    if judgement is not None:
        return judgement.kind is Kind.STALE
    return answer.status == UNAUTHORISED and UNAUTHORISED not in call.tolerate


def ended(answer: Answer, judgement: Judgement | None) -> Ended:
    """What an answer says about how many requests may be in flight."""
    if judgement is not None and judgement.kind is Kind.STALE:
        return Ended.OTHERWISE
    if answer.status in _BUSY or (judgement is not None and judgement.kind is Kind.BUSY):
        return Ended.BUSY
    return Ended.OTHERWISE if answer.status in _UNSERVED else Ended.WELL


def verdict(
    answer: Answer, call: Call, redactor: Redactor, judgement: Judgement | None = None
) -> PenstockError | Fault | None:
    """None when the answer is good, else what to raise."""
    if judgement is not None:
        return _judged(judgement, answer, call, redactor)
    status = answer.status
    if status in call.tolerate or status == _NO_CONTENT:
        return None
    if 200 <= status < 300:
        return _misshapen(answer, call, redactor)
    said = f"answered {status}{_quoted(answer.body, redactor)}"
    if status in _REDIRECTS:
        to = redactor.clean(answer.headers.get("location", "nowhere"))
        return Misconfigured(
            f"{call.asked} is redirected ({status}) to {to}; redirects are not followed, since "
            "credentials would go along: if that is the right place, set base_url to it",
            status=status,
        )
    if status in _CREDENTIALS:
        return Refused(f"{call.asked} {said}: check the credentials and their scope", status=status)
    if status in _TRANSIENT:
        return _another_try(said, answer, call)
    if 400 <= status < 500:
        return Rejected(f"{call.asked} {said}", status=status)
    return Drifted(f"{call.asked} {said}", status=status)


def _judged(
    judgement: Judgement, answer: Answer, call: Call, redactor: Redactor
) -> PenstockError | Fault:
    """What a vendor's own way of answering means."""
    status = answer.status
    words = _quoted(judgement.said.encode("utf-8", "replace"), redactor)
    said = f"answered {status}{words}"
    match judgement.kind:
        case Kind.BUSY:
            return _another_try(said, answer, call)
        case Kind.REJECTED:
            return Rejected(f"{call.asked} {said}", status=status)
        case Kind.REFUSED:
            why = "check the credentials and their scope"
        case Kind.STALE if call.renewed:
            why = "with new credentials as with the old: check them and their scope"
        case Kind.STALE:
            why = "check the credentials, nothing here renews them"
    return Refused(f"{call.asked} {said}: {why}", status=status)


def _another_try(said: str, answer: Answer, call: Call) -> Fault:
    waits = [wait for wait in (asked_to_wait(answer), call.reset) if wait is not None]
    return Fault(
        said,
        status=answer.status,
        retry_after=max(waits, default=None),
        is_budgeted=call.is_budgeted,
    )


def _misshapen(answer: Answer, call: Call, redactor: Redactor) -> Fault | None:
    """A page of HTML or half an answer, though the status says all is well.

    Proxies and servers being restarted do this for a moment, so it is worth another try. Nothing of
    it is quoted: half an answer is half of somebody's data.
    """
    if call.expects == "bytes" or looks_like_json(answer.body):
        return None
    what = "nothing where JSON belongs"
    if answer.body:
        declared = redactor.excerpt(answer.headers.get("content-type", "").encode(), _TYPE)
        what = f"something that is no whole JSON ({declared or 'of no declared type'})"
    return Fault(
        f"answered {answer.status} with {what}",
        kind=Drifted,
        status=answer.status,
    )


def _quoted(body: bytes, redactor: Redactor) -> str:
    text = redactor.excerpt(body)
    return f" ({text!r})" if text else ""
