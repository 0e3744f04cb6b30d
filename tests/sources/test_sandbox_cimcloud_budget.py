"""The call budget: an oracle that sees when calls came says which of them are over it.

How fast calls arrive is the machine's affair, so nothing here expects a time: the journal tells
when each call came, and the budget's clock is sped up.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

import pytest

from sources._sandbox.process import RunningSandbox, running_sandbox
from tests.sources.cimcloud_wire import VENDOR, Answer, Caller, calling, site

QUARTER_HOUR = 900.0
Entry = dict[str, float]


def _fixed(limit: int, per_second: int) -> Callable[[float], tuple[bool, int, float]]:
    """Whether a call is over, what remains after it, when the window ends."""
    accepted: list[float] = []
    window, spent = -math.inf, 0

    def judge(at: float) -> tuple[bool, int, float]:
        nonlocal window, spent
        if at >= window + QUARTER_HOUR:
            window, spent = at, 0
        over = spent >= limit or sum(at - t < 1 for t in accepted) >= per_second
        if not over:
            accepted.append(at)
            spent += 1
        return over, limit - spent, window + QUARTER_HOUR

    return judge


def _sliding(limit: int, per_second: int) -> Callable[[float], tuple[bool, int, float]]:
    accepted: list[float] = []

    def judge(at: float) -> tuple[bool, int, float]:
        counted = [t for t in accepted if at - t < QUARTER_HOUR]
        over = len(counted) >= limit or sum(at - t < 1 for t in counted) >= per_second
        if not over:
            accepted.append(at)
            counted.append(at)
        return over, limit - len(counted), counted[0] + QUARTER_HOUR

    return judge


@pytest.mark.parametrize(
    ("budget", "oracle"), [("fixed", _fixed), ("sliding", _sliding)], ids=["fixed", "sliding"]
)
@pytest.mark.parametrize(
    ("speed", "limit", "per_second"),
    [(2000, 5, 1000), (5, 1000, 2), (200, 30, 3)],
    ids=["quarter hours pass", "seconds pass", "both"],
)
def test_the_budget_is_what_the_oracle_says(
    budget: str,
    oracle: Callable[[int, int], Callable[[float], tuple[bool, int, float]]],
    speed: int,
    limit: int,
    per_second: int,
) -> None:
    options = {"calls_per_second": per_second, "calls_per_quarter_hour": limit, "budget": budget}
    with site(rows=0, speed=speed, logged_in=False, **options) as caller:
        answers = []
        for pause in (0.25, 0.25, 0):
            answers += [caller.ask("/validate") for _ in range(40)]
            time.sleep(pause)
        log = caller.sandbox.log()
        told = caller.books.budget()

    judge = oracle(limit, per_second)
    for entry, answer in zip(log, answers, strict=True):
        over, remaining, ends = judge(entry["budget_at"])
        assert (entry["over_budget"], entry["remaining"]) == (over, remaining)
        assert answer.status == (429 if over else 401)
        assert _limits(answer) == (limit, remaining, math.ceil(ends - entry["budget_at"]))
    refused = sum(entry["over_budget"] for entry in log)
    assert (told["calls"], told["refused"]) == (120, refused)
    assert 0 < refused < 120
    _the_books_tell_the_most(told, [entry["budget_at"] for entry in log], budget)


def _the_books_tell_the_most(told: Entry, times: list[float], budget: str) -> None:
    def most(span: float) -> int:
        return max(sum(0 <= at - first < span for at in times) for first in times)

    assert told["highest_in_second"] == most(1)
    assert told["highest_in_sliding_window"] == most(QUARTER_HOUR)
    if budget == "sliding":
        assert told["highest_in_window"] == most(QUARTER_HOUR)
    else:
        assert told["highest_in_window"] <= most(QUARTER_HOUR)


def _limits(answer: Answer) -> tuple[int, int, int]:
    names = ("limit", "remaining", "reset")
    limit, remaining, reset = (int(answer.headers[f"x-ratelimit-{name}"]) for name in names)
    return limit, remaining, reset


@pytest.fixture(scope="module")
def spent() -> Iterator[Caller]:
    """A site whose budget is spent and will not come back while the tests run."""
    with site(rows=0, logged_in=False, calls_per_quarter_hour=3) as caller:
        for _ in range(3):
            assert caller.log_in().status == 200
        yield caller


def test_everything_is_refused_once_it_is_spent(spent: Caller) -> None:
    for path, method in (("/accounts", "GET"), ("/authenticate", "POST"), ("/nowhere", "GET")):
        refused = spent.ask(path, method=method)
        assert refused.status == 429
        assert refused.headers["content-type"].startswith("text/plain")
        assert _limits(refused)[:2] == (3, 0)
        assert 0 < _limits(refused)[2] <= 900


def test_some_calls_cost_nothing(spent: Caller) -> None:
    before = spent.books.budget()["calls"]

    assert spent.ask("/healthcheck/canary").status == 200
    assert len(spent.ask("/swagger/docs/v1").json()["definitions"]) > 16
    assert spent.books.budget()["calls"] == before
    assert [entry["counted"] for entry in spent.sandbox.log()[-2:]] == [False, False]


def test_two_callers_share_one_budget(spent: Caller) -> None:
    with calling(spent.sandbox, logged_in=False) as other:
        assert other.log_in().status == 429


def test_a_fault_spends_budget_too(spent: Caller) -> None:
    before = spent.books.budget()["calls"]
    spent.sandbox.fault("server_error", vendor=VENDOR, status=503)

    assert spent.ask("/accounts").status == 503
    assert spent.sandbox.log()[-1]["over_budget"] is True
    assert spent.books.budget()["calls"] == before + 1


def test_logins_may_be_free() -> None:
    with site(rows=0, login_counts=False, calls_per_quarter_hour=2) as caller:
        assert [caller.log_in().status for _ in range(4)] == [200] * 4
        assert [caller.ask("/accounts").status for _ in range(3)] == [200, 200, 429]


def test_a_429_may_come_without_headers() -> None:
    with site(rows=0, headers_on_429=False, calls_per_quarter_hour=2) as caller:
        assert _limits(caller.ask("/accounts"))[:2] == (2, 0)
        refused = caller.ask("/accounts")

    assert refused.status == 429
    assert not any(name.startswith("x-ratelimit") for name in refused.headers)


def test_a_tolerance_lets_calls_come_closer() -> None:
    with site(rows=0, calls_per_second=1, tolerance_ms=1000) as caller:
        assert [caller.ask("/validate").status for _ in range(5)] == [200] * 5
        assert caller.books.budget()["refused"] == 0


@pytest.fixture
def default() -> Iterator[RunningSandbox]:
    with running_sandbox(rows=0) as sandbox:
        yield sandbox


def test_it_is_two_a_second_and_a_hundred_per_quarter_hour(default: RunningSandbox) -> None:
    with calling(default, logged_in=False) as caller:
        first = caller.ask("/validate")
        for _ in range(9):
            caller.ask("/validate")

    log = default.log()
    judge = _fixed(100, 2)
    assert [entry["over_budget"] for entry in log] == [judge(e["budget_at"])[0] for e in log]
    assert _limits(first) == (100, 99, 900)
