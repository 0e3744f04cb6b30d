"""What a vendor's own way of answering means: errors with status 200, and logins that are over."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources._http.answer import Answer
from sources._http.auth import Auth
from sources._http.client import Client
from sources._http.errors import (
    Drifted,
    Misconfigured,
    PenstockError,
    Refused,
    Rejected,
    Retryable,
)
from sources._http.judgement import Judgement, Kind
from sources._http.lanes import Ended
from sources._http.verdict import ended
from tests.sources.http_loopback import Reply, Server, json_reply, quick, reply

SECRET = "s3cret-w0rd"


def envelope(code: str, status: int = 200, message: str = "") -> Reply:
    return reply(status, json.dumps({"code": code, "message": message}).encode())


def judge(answer: Answer) -> Judgement | None:
    """A vendor who says in the body what happened, whatever the status."""
    try:
        said: dict[str, Any] = json.loads(answer.body)
        kind = Kind[said["code"]]
    except (ValueError, KeyError, TypeError):
        return None
    return Judgement(kind, f"{said['code']}: {said['message']}")


@dataclass
class Login:
    """Issues numbered tokens; the vendor's side of a login, in memory."""

    token: int = 1
    logins: int = 0
    stale: list[Mapping[str, str]] = field(default_factory=list)

    async def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer token-number-{self.token}"}

    async def renew(self, stale: Mapping[str, str]) -> None:
        self.stale.append(stale)
        self.logins += 1
        self.token += 1


@dataclass
class Asked:
    """What came of one question."""

    outcome: Answer | PenstockError
    requests: int

    @property
    def error(self) -> PenstockError:
        assert isinstance(self.outcome, PenstockError)
        return self.outcome


def ask(
    *replies: Reply,
    auth: Auth | None = None,
    tolerate: Collection[int] = (),
    method: str = "get",
    repeatable: bool = False,
) -> Asked:
    """Ask a vendor who answers that, the last one for ever."""

    async def go() -> Asked:
        async with (
            Server(replies) as server,
            Client(
                quick(server.url), auth=auth, judge=judge, headers={"ApiToken": SECRET}
            ) as client,
        ):
            outcome: Answer | PenstockError
            try:
                if method == "get":
                    outcome = await client.get("list", tolerate=tolerate)
                else:
                    outcome = await client.post(
                        "list", json={}, tolerate=tolerate, repeatable=repeatable
                    )
            except PenstockError as error:
                outcome = error
            return Asked(outcome, len(server.requests))

    return asyncio.run(go())


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        pytest.param(reply(), None, id="data"),
        pytest.param(reply(204, b""), None, id="nothing"),
        pytest.param(reply(401), Refused, id="401"),
        pytest.param(reply(403), Refused, id="403"),
        pytest.param(reply(404), Rejected, id="404"),
        pytest.param(reply(429, b""), Retryable, id="429"),
        pytest.param(reply(body=b"<html>"), Drifted, id="html"),
        pytest.param(reply(302, headers={"Location": "/x"}), Misconfigured, id="redirect"),
    ],
)
def test_what_it_says_nothing_of_is_left_to_the_ordinary_rules(
    first: Reply, kind: type[PenstockError] | None
) -> None:
    outcome = ask(first).outcome
    assert isinstance(outcome, Answer) if kind is None else type(outcome) is kind


@pytest.mark.parametrize("status", [200, 400, 404, 500])
@pytest.mark.parametrize(
    ("code", "kind", "why"),
    [("REFUSED", Refused, ": check the credentials"), ("REJECTED", Rejected, "")],
)
def test_an_error_of_its_own_is_raised_at_once(
    code: str, kind: type[PenstockError], why: str, status: int
) -> None:
    asked = ask(envelope(code, status, "no such thing"))
    assert type(asked.error) is kind
    assert f"/list answered {status} ('{code}: no such thing'){why}" in str(asked.error)
    assert asked.error.status == status
    assert asked.requests == 1


@pytest.mark.parametrize("status", [200, 404])
def test_it_comes_before_what_is_tolerated(status: int) -> None:
    assert type(ask(envelope("REJECTED", status), tolerate={status}).error) is Rejected


@pytest.mark.parametrize(
    ("status", "judgement", "expected"),
    [
        *((status, None, Ended.WELL) for status in (200, 204, 400, 403, 404)),
        *((status, None, Ended.BUSY) for status in (429, 503)),
        *((status, None, Ended.OTHERWISE) for status in (401, 408, 500, 502, 504)),
        *((status, Kind.BUSY, Ended.BUSY) for status in (200, 401, 500)),
        *((status, Kind.STALE, Ended.OTHERWISE) for status in (200, 403, 429)),
        *((200, kind, Ended.WELL) for kind in (Kind.REFUSED, Kind.REJECTED)),
    ],
)
def test_what_it_says_of_how_many_may_be_in_flight(
    status: int, judgement: Kind | None, expected: Ended
) -> None:
    answer = Answer(
        status=status, headers={}, body=b"", url="", received_at=datetime(2026, 3, 1), attempts=1
    )
    assert ended(answer, judgement and Judgement(judgement, "")) is expected


class TestBusy:
    @pytest.mark.parametrize("status", [200, 400, 401, 429])
    def test_it_is_tried_again(self, status: int) -> None:
        asked = ask(envelope("BUSY", status), envelope("BUSY", status), reply())
        assert isinstance(asked.outcome, Answer)
        assert asked.outcome.attempts == 3

    def test_it_uses_up_the_tries(self) -> None:
        asked = ask(envelope("BUSY", message="too much"))
        assert type(asked.error) is Retryable
        assert "answered 200 ('BUSY: too much') (3 times)" in str(asked.error)
        assert asked.requests == 3

    def test_it_waits_as_long_as_it_is_asked_to(self) -> None:
        busy = reply(200, b'{"code": "BUSY", "message": ""}', {"Retry-After": "99"})
        error = ask(busy).error
        assert isinstance(error, Retryable)
        assert error.retry_at is not None
        assert "it asks to come back in 99 s" in str(error)

    @pytest.mark.parametrize(("repeatable", "requests"), [(True, 2), (False, 1)])
    def test_a_post_is_sent_again_only_where_that_does_no_harm(
        self, repeatable: bool, requests: int
    ) -> None:
        replies = envelope("BUSY"), reply()
        asked = ask(*replies, method="post", repeatable=repeatable)
        assert asked.requests == requests
        assert isinstance(asked.outcome, Answer) == repeatable


class TestStale:
    @pytest.mark.parametrize("status", [200, 400, 401, 403, 500])
    def test_it_is_renewed_and_asked_once_more(self, status: int) -> None:
        login = Login()
        asked = ask(envelope("STALE", status), reply(), auth=login)
        assert isinstance(asked.outcome, Answer)
        assert login.stale == [{"Authorization": "Bearer token-number-1"}]
        assert asked.outcome.attempts == asked.requests == 2

    @pytest.mark.parametrize("status", [200, 403])
    def test_stale_again_is_refused_with_the_vendors_words(self, status: int) -> None:
        login = Login()
        asked = ask(envelope("STALE", status, "session over"), auth=login)
        assert type(asked.error) is Refused
        assert (
            f"answered {status} ('STALE: session over'): with new credentials as with the old"
        ) in str(asked.error)
        assert asked.requests == 2
        assert login.logins == 1

    def test_it_is_not_renewed_again_after_another_fault(self) -> None:
        login = Login()
        asked = ask(envelope("STALE"), reply(500), envelope("STALE"), reply(), auth=login)
        assert type(asked.error) is Refused
        assert login.logins == 1

    @pytest.mark.parametrize("second", [reply(401), envelope("STALE")], ids=["401", "own words"])
    @pytest.mark.parametrize("first", [reply(401), envelope("STALE")], ids=["401", "own words"])
    def test_either_way_to_say_so_counts(self, first: Reply, second: Reply) -> None:
        login = Login()
        assert type(ask(first, second, reply(), auth=login).error) is Refused
        assert login.logins == 1

    def test_a_tolerated_401_is_renewed_where_the_judge_says_so(self) -> None:
        login = Login()
        asked = ask(envelope("STALE", 401), reply(), auth=login, tolerate={401})
        assert isinstance(asked.outcome, Answer)
        assert login.logins == 1

    def test_a_401_that_means_another_thing_renews_nothing(self) -> None:
        login = Login()
        assert type(ask(envelope("REJECTED", 401), auth=login).error) is Rejected
        assert login.logins == 0

    def test_without_renewal_it_is_refused_at_once(self) -> None:
        asked = ask(envelope("STALE", message="session over"))
        assert type(asked.error) is Refused
        assert "('STALE: session over'): check the credentials" in str(asked.error)
        assert asked.requests == 1

    def test_a_post_is_sent_again_though_that_might_do_harm(self) -> None:
        """The vendor did nothing: it didn't know who asked."""
        asked = ask(envelope("STALE"), reply(), auth=Login(), method="post")
        assert isinstance(asked.outcome, Answer)


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.name.lower())
def test_the_vendors_words_are_cleaned_and_cut(kind: Kind) -> None:
    message = f"line one\nApiToken {SECRET} and token=unknown-token " + "x" * 5000
    error = ask(envelope(kind.name, message=message)).error
    for secret in (SECRET, "unknown-token", "\n"):
        assert secret not in error.message
    assert "line one" in error.message
    assert len(error.message) < 500


@settings(max_examples=25, deadline=None)
@given(code=st.sampled_from([kind.name for kind in Kind]), message=st.text())
def test_whatever_the_vendor_says_becomes_an_error_that_can_be_shown(
    code: str, message: str
) -> None:
    error = ask(json_reply({"code": code, "message": message})).error
    shown = str(error).encode().decode()
    assert f"answered 200 ('{code}:" in shown or f'answered 200 ("{code}:' in shown
    assert "\n" not in shown


@pytest.mark.parametrize("message", ["\ud800", "a\udfffb"], ids=["high", "low"])
def test_half_a_character_does_no_harm(message: str) -> None:
    assert type(ask(json_reply({"code": "REJECTED", "message": message})).error) is Rejected
