"""Jobs: listed while they are drafts, overdue or completed; else shown one by one.

Jobs that are pending or in progress and not overdue, and cancelled ones, are in no list [P]. One
that was open when it was seen is remembered, and asked for by its id in every run that no list
shows it, until it is completed or cancelled. One that the vendor says is not there is forgotten, as
long as it shows another one: a path that is wrong says the same of all of them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing
from functools import partial
from typing import Any, Final

from sources._http.errors import Drifted, PenstockError, Rejected, Retryable
from sources._reading.ahead import in_order, lookahead
from sources._reading.closing import closed
from sources._reading.marks import Coverage, Mark, Reading, Trouble
from sources._tables.page import Page
from sources.crm_com.accounts import Accounts
from sources.crm_com.api import JOB, JOBS_COMPLETED, JOBS_DRAFT, JOBS_OVERDUE, Api, Ask
from sources.crm_com.envelope import is_not_found
from sources.crm_com.identifier import Identifier
from sources.crm_com.lists import Listing, Lists, Place
from sources.crm_com.news import Row, changed_at

TABLE: Final = "jobs"
NOTE: Final = (
    "Jobs that are pending or in progress and not overdue, and cancelled ones, are in no list: "
    "those are here that were a draft or overdue once."
)
_STREAM: Final = "job "
_DONE: Final = frozenset({"COMPLETED", "CANCELLED"})
_LISTS: Final = (JOBS_DRAFT, JOBS_OVERDUE, JOBS_COMPLETED)
_IDENTIFIER: Final = "job_identifier"
_HOPELESS: Final = 3  # shows that fail before one is answered

Items = AsyncGenerator[Page | Mark | Trouble, None]
Shown = tuple[str, Page, dict[str, Any]] | tuple[str, PenstockError]


class Jobs:
    """The jobs of one run.

    Args:
        lists: reads lists, notes accounts.
        reading: where its readings stand.
    """

    def __init__(self, lists: Lists, reading: Reading) -> None:
        self._lists = lists
        self._reading = reading
        self._open = {
            stream.removeprefix(_STREAM): position["changed_at"]
            for (table, stream), position in reading.positions.items()
            if table == TABLE and stream.startswith(_STREAM)
        }
        self._met: set[str] = set()
        self._answered = False
        self._gone: list[tuple[str, PenstockError]] = []
        self._failed: list[PenstockError] = []

    async def read(self) -> Items:
        """The lists that are due, then the open jobs that none of them showed.

        Raises:
            PenstockError: as the client.
        """
        settings = self._lists.api.settings
        is_read = True
        for method in _LISTS:
            stream = method.rpartition("_")[2]
            place = Place.of(self._reading.position(TABLE, stream))
            hours = settings.whole_lists_hours if method == JOBS_COMPLETED else 0.0
            if not place.is_due(self._lists.clock(), hours):
                continue
            listing = Listing(
                ask=Ask(table=TABLE, method=method), stream=stream, shows_accounts=True
            )
            try:
                async with closed(self._lists.read(listing, place, seen=self._seen)) as under_way:
                    async for item in under_way:
                        yield item
            except Rejected as error:
                is_read = False
                yield Trouble(error.at(table=TABLE))
        async with closed(self._rest()) as under_way:
            async for shown in under_way:
                yield shown
        yield Mark(
            table=TABLE,
            stream="rest",
            position={"read_at": self._lists.clock().isoformat()},
            coverage=Coverage(complete_since=None, share=1.0, note=NOTE),
            is_read=is_read and (self._answered or not (self._gone or self._failed)),
        )

    def _seen(self, row: Row) -> list[Mark]:
        """Notes a job that is open; forgets one that is not any more."""
        job = row.get("id")
        if not isinstance(job, str) or not job:
            return []
        self._met.add(job)
        state = str(row.get("life_cycle_state") or "").strip().upper().replace("_", " ")
        if state in _DONE:
            known = self._open.pop(job, None)
            return [] if known is None else [Mark(table=TABLE, stream=_STREAM + job, position=None)]
        if job in self._open:
            return []
        self._open[job] = changed_at(row)
        position = {"changed_at": self._open[job]}
        return [Mark(table=TABLE, stream=_STREAM + job, position=position)]

    async def _rest(self) -> Items:
        """Open jobs that no list showed, each by its id; one that is gone is forgotten, aloud.

        One that cannot be shown is kept, for the next run.
        """
        api = self._lists.api
        async with aclosing(in_order(self._shows(), lookahead(api.client))) as answers:
            async for shown in answers:
                if len(shown) == 2:
                    self._note_failure(*shown)
                    if not self._answered and len(self._failed) >= _HOPELESS:
                        break
                    continue
                self._answered = True
                job, page, row = shown
                yield page
                is_news = self._open.get(job) != changed_at(row)
                for mark in (*self._accounts.note(row, is_news=is_news), *self._changed(job, row)):
                    yield mark

        for failure in await self._told():
            yield failure

    def _note_failure(self, job: str, error: PenstockError) -> None:
        if isinstance(error, Rejected) and is_not_found(error.message):
            self._gone.append((job, error))
        else:
            self._failed.append(error)

    async def _told(self) -> list[Mark | Trouble]:
        """What to tell of jobs that were not shown; forgets those that are gone.

        Where no open job was shown, one that a list showed is asked for: if that is not shown
        either, nothing is known of those that seem to be gone.
        """
        told: list[Mark | Trouble] = []
        if self._gone and not self._answered and not self._failed and self._met:
            self._answered = len(await show(self._lists.api, min(self._met))) == 3
        if self._gone and self._answered:
            for job, error in self._gone:
                self._open.pop(job, None)
                told.append(Trouble(error.at(table=TABLE)))
                told.append(Mark(table=TABLE, stream=_STREAM + job, position=None))
        elif self._gone:
            told.append(_trouble([error for _, error in self._gone]))
        if self._failed:
            told.append(_trouble(self._failed))
        return told

    @property
    def _accounts(self) -> Accounts:
        return self._lists.accounts

    def _changed(self, job: str, row: Row) -> list[Mark]:
        """What is known of a job that was shown."""
        marks = self._seen(row)
        if marks or self._open.get(job) == changed_at(row):
            return marks
        self._open[job] = changed_at(row)
        position = {"changed_at": self._open[job]}
        return [Mark(table=TABLE, stream=_STREAM + job, position=position)]

    def _shows(self) -> Iterator[Callable[[], Awaitable[Shown]]]:
        for job in [job for job in self._open if job not in self._met]:
            yield partial(show, self._lists.api, job)


def _trouble(errors: list[PenstockError]) -> Trouble:
    """One for all jobs that could not be shown, in the words of the first."""
    first = errors[0]
    if len(errors) > 1:
        first.message += f"; so did {len(errors) - 1} more open jobs"
    return Trouble(first.at(table=TABLE))


async def show(api: Api, job: str) -> Shown:
    """One job by its id; the error where it is not shown."""
    identifier = Identifier(api.settings.parameter(TABLE, _IDENTIFIER), "id", job)
    try:
        page, row = await api.show(Ask(table=TABLE, method=JOB, identifier=identifier))
    except (Drifted, Retryable) as error:
        return job, error
    return job, page, row
