"""The accounts that are known, and which of them a run visits.

Nothing lists accounts, so they are noted as purchases, jobs and leads show them, each with a mark
of its own: one that was noted stays noted. A window is closed by the first mark behind its pages,
so the accounts of one window are also kept together in one mark, which goes before their own: a run
that is stopped goes on behind the last window.

Accounts with news go first; of the quiet ones, a run takes the share of `revisit_days` that has
passed since the run before, longest unvisited first, and each that would be overdue by the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sources._reading.marks import Mark, Position
from sources.crm_com.identifier import Identifier, account, account_of
from sources.crm_com.news import Row
from sources.crm_com.settings import CrmComSettings

TABLE: Final = "accounts"
ROTATION: Final = "rotation"
VISITED: Final = "visited"
_STREAM: Final = "account "
_NEVER: Final = datetime.min  # noqa: DTZ901 - naive UTC, as everywhere


@dataclass
class Account:
    """What is known of one account.

    Attributes:
        identifier: how it is asked for.
        visited_at: when all of it was last read (UTC); None where it never was.
        purchases_at: when its purchases were last read or known (UTC).
        has_news: something was seen of it since.
        lacks: tables that could not be read at the last visit.
        also: its id, where it is known by something else.
        tried_at: when it was last visited (UTC), whatever could be read.
    """

    identifier: Identifier
    visited_at: datetime | None = None
    purchases_at: datetime | None = None
    has_news: bool = False
    lacks: tuple[str, ...] = ()
    also: str = ""
    tried_at: datetime | None = None

    @classmethod
    def of(cls, stream: str, position: Position) -> Account:
        """The account that a mark holds."""
        return cls(
            identifier=account(stream.removeprefix(_STREAM)),
            visited_at=_moment(position["visited_at"]),
            purchases_at=_moment(position["purchases_at"]),
            has_news=position["has_news"],
            lacks=tuple(position["lacks"]),
            also=position["also"],
            tried_at=_moment(position.get("tried_at")),
        )

    @property
    def mark(self) -> Mark:
        """What is known of it, to be kept."""
        return Mark(
            table=TABLE,
            stream=f"{_STREAM}{self.identifier.text}",
            position={
                "visited_at": self.visited_at.isoformat() if self.visited_at else None,
                "purchases_at": self.purchases_at.isoformat() if self.purchases_at else None,
                "has_news": self.has_news,
                "lacks": list(self.lacks),
                "also": self.also,
                "tried_at": self.tried_at.isoformat() if self.tried_at else None,
            },
        )

    @property
    def is_due(self) -> bool:
        """Whether it is to be read now, whatever its turn: new, or with news."""
        return self.visited_at is None or self.has_news


class Accounts:
    """All accounts of one connection.

    Args:
        positions: where its readings stand.
        settings: which accounts to read besides, which not, and how often.
        now: UTC, naive.
    """

    def __init__(
        self,
        positions: Mapping[tuple[str, str], Position],
        settings: CrmComSettings,
        now: datetime,
    ) -> None:
        self._known: dict[Identifier, Account] = {}
        self._settings = settings
        self._left_out = settings.left_out()
        self._now = now
        for (table, stream), position in positions.items():
            if table == TABLE and stream.startswith(_STREAM):
                self._keep(Account.of(stream, position))
        for stream, held in positions.get((TABLE, VISITED), {}).items():
            self._keep(Account.of(stream, held))
        for identifier in settings.seed():
            self._known.setdefault(identifier, Account(identifier))
        rotation = positions.get((TABLE, ROTATION), {})
        self._turned_at = _moment(rotation.get("at")) or now
        self._owed = float(rotation.get("owed", 0.0))

    def __len__(self) -> int:
        return len(self._readable())

    @property
    def visited(self) -> int:
        """How many were visited at least once."""
        return sum(one.visited_at is not None for one in self._readable())

    @property
    def oldest_visit(self) -> datetime | None:
        """When the one that was longest unvisited was read; None while one never was."""
        seen = [one.visited_at for one in self._readable()]
        return None if None in seen or not seen else min(at for at in seen if at is not None)

    def note(self, row: Row, *, is_news: bool) -> Iterator[Mark]:
        """Notes the account that a row shows: a mark where that changes what is known.

        Args:
            row: of a purchase, a job or a lead.
            is_news: whether the row was not there before, or otherwise.
        """
        named = account_of(dict(row))
        if named is None:
            return
        one = self._known.get(named)
        if one is None:
            one = self._known[named] = Account(named)
        elif not is_news or one.has_news:
            return
        one.has_news = True
        yield one.mark

    def turn(self) -> tuple[list[Account], list[Account]]:
        """Whom this run visits: accounts that are due, and those whose turn it is.

        Keeping every account within `revisit_days` takes so many a day, whatever happens to be
        visited for its news; what is left of a share goes to the next run.
        """
        days = self._settings.revisit_days
        accounts = self._readable()
        news = sorted((one for one in accounts if one.is_due), key=_failed)
        quiet = sorted((one for one in accounts if not one.is_due), key=_age)
        passed = self._now - self._turned_at
        share = min(passed / timedelta(days=days), 1.0) if days else 1.0
        self._owed = min(self._owed + len(accounts) * max(share, 0.0), len(accounts))
        overdue_at = self._now + max(passed, timedelta()) - timedelta(days=days)
        turns = [
            one
            for place, one in enumerate(quiet)
            if place < int(self._owed) or (one.visited_at or _NEVER) <= overdue_at
        ]
        self._owed = max(self._owed - len(turns), 0.0)
        return news, turns

    def lacking(self) -> list[Account]:
        """Accounts of which a table could not be read, those tried longest ago first."""
        return sorted((one for one in self._readable() if one.lacks), key=_failed)

    def visited_marks(self, visited: Sequence[Account]) -> Iterator[Mark]:
        """What is known of accounts that were visited: together, then each."""
        marks = [one.mark for one in visited]
        yield Mark(
            table=TABLE,
            stream=VISITED,
            position={mark.stream: mark.position for mark in marks},
        )
        yield from marks

    def turned(self) -> Mark:
        """The rotation has come round as far as this run takes it."""
        position = {"at": self._now.isoformat(), "owed": self._owed}
        return Mark(table=TABLE, stream=ROTATION, position=position)

    def _keep(self, one: Account) -> None:
        """Keeps what was known last."""
        known = self._known.get(one.identifier)
        if known is None or _tried(one) > _tried(known):
            self._known[one.identifier] = one

    def _readable(self) -> list[Account]:
        """Those to be read: no account under two names, none that is left out."""
        ids = {one.identifier.value for one in self._known.values() if one.identifier.field == "id"}
        return [
            one
            for one in self._known.values()
            if not (one.also and one.also in ids and one.identifier.field != "id")
            and self._left_out.isdisjoint((one.identifier.value, one.also))
        ]


def _failed(one: Account) -> tuple[datetime, tuple[datetime, str]]:
    """Orders accounts by when they were last tried, new ones first."""
    return _tried(one), _age(one)


def _tried(one: Account) -> datetime:
    return max(one.visited_at or _NEVER, one.tried_at or _NEVER)


def _age(one: Account) -> tuple[datetime, str]:
    return one.visited_at or _NEVER, one.identifier.text


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
