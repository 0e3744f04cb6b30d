"""Whatever bytes come: rows, quarantine, or an error that a user can act on. Nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sources._http.errors import PenstockError
from tests.sources.bad_input import parsers
from tests.sources.bad_readers import Parser
from tests.sources.bad_samples import NASTY

PARSERS = parsers()
TYPING = [name for name in PARSERS if PARSERS[name].share > 1]
OTHERS = [name for name in PARSERS if name not in TYPING]


@st.composite
def damaged(draw: st.DrawFn, samples: tuple[bytes, ...]) -> bytes:
    """Something valid with a few places cut out, doubled, or replaced."""
    body = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(body)))
        end = start + draw(st.integers(0, 12))
        in_place_of_a_value = draw(st.integers(0, 1))
        values = [m for m in (body.find(b":", start), body.find(b",", start)) if m >= 0]
        if values and in_place_of_a_value:  # in the place of a whole value
            start, end = values[0] + 1, values[-1]
        by = draw(st.sampled_from(NASTY) | st.binary(max_size=8) | st.just(body[start : end + 40]))
        body = body[:start] + by + body[max(end, start) :]
    return body


def ends_well(read: Callable[[bytes], None], body: bytes) -> None:
    said = ""
    try:
        read(body)
    except PenstockError as error:
        said = str(error)
    assert len(said.encode()) < 100_000
    assert not said or "Next: penstock" in said


def throw_at(parser: Parser, examples: int) -> None:
    @settings(
        max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(damaged(parser.samples) | st.binary(max_size=300))
    @example(b"")
    @example(b"null")
    @example(b"[" * 100_000)
    @example(b'{"a":' * 100_000)
    @example(b"[" + b"9" * 10_000 + b"]")
    @example(b"\xff\xfe[\x00]\x00")
    def throw(body: bytes) -> None:
        ends_well(parser.read, body)

    throw()


@pytest.mark.parametrize("name", OTHERS)
def test_any_bytes_end_well(name: str) -> None:
    throw_at(PARSERS[name], 60)


@pytest.mark.parametrize("name", TYPING)
def test_any_page_ends_in_rows_quarantine_or_an_error(name: str) -> None:
    throw_at(PARSERS[name], 8)


@pytest.mark.long
@pytest.mark.parametrize("name", PARSERS)
def test_many_bytes_end_well(name: str) -> None:
    throw_at(PARSERS[name], 200 if name in TYPING else 3_000)


@pytest.mark.parametrize("name", PARSERS)
def test_what_is_valid_is_read(name: str) -> None:
    """Samples that no parser takes would damage nothing that it reads."""
    failed = []
    for sample in PARSERS[name].samples:
        try:
            PARSERS[name].read(sample)
        except PenstockError as error:
            failed.append(str(error))
    assert len(failed) < len(PARSERS[name].samples), failed
