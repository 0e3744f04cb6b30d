"""What an answer means: good, worth another try, or an error at once."""

from __future__ import annotations

from typing import Final

from sources._http.answer import Answer, looks_like_json
from sources._http.call import Call, Fault
from sources._http.errors import Drifted, Misconfigured, PenstockError, Refused, Rejected
from sources._http.redact import Redactor
from sources._http.retry import asked_to_wait

UNAUTHORISED: Final = 401
_NO_CONTENT: Final = 204
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_CREDENTIALS: Final = frozenset({401, 403})
_TRANSIENT: Final = frozenset({408, 429, *range(500, 600)})


def is_data(status: int, call: Call) -> bool:
    """Whether the body of such an answer is data; otherwise it only explains a failure."""
    return 200 <= status < 300 or status in call.tolerate


def verdict(answer: Answer, call: Call, redactor: Redactor) -> PenstockError | Fault | None:
    """None when the answer is good, else what to raise."""
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
        waits = [wait for wait in (asked_to_wait(answer), call.reset) if wait is not None]
        return Fault(
            said,
            status=status,
            retry_after=max(waits, default=None),
            is_budgeted=call.is_budgeted,
        )
    if 400 <= status < 500:
        return Rejected(f"{call.asked} {said}", status=status)
    return Drifted(f"{call.asked} {said}", status=status)


def _misshapen(answer: Answer, call: Call, redactor: Redactor) -> Fault | None:
    """A page of HTML or half an answer, though the status says all is well.

    Proxies and servers being restarted do this for a moment, so it is worth another try.
    """
    if call.expects == "bytes" or looks_like_json(answer.body):
        return None
    what = "something that is no whole JSON" if answer.body else "nothing where JSON belongs"
    return Fault(
        f"answered {answer.status} with {what}{_quoted(answer.body, redactor)}",
        kind=Drifted,
        status=answer.status,
    )


def _quoted(body: bytes, redactor: Redactor) -> str:
    text = redactor.excerpt(body)
    return f" ({text!r})" if text else ""
