"""The service arm in time: accounts open, buy, call, subscribe, are charged and pay.

Everything that happens is a matter of the seed and of when it happens, never of how far the clock
was turned at once: what is to come waits in one queue, ordered by time.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from functools import partial

from sources._sandbox.chance import dice
from sources._sandbox.company import DAY
from sources._sandbox.company_deals import Document, Kind
from sources._sandbox.company_world import Saved
from sources.crm_com.sandbox import papers
from sources.crm_com.sandbox.clock import HOUR, SiteClock
from sources.crm_com.sandbox.counter import Counter, Visit, draw_visit
from sources.crm_com.sandbox.play import Play
from sources.crm_com.sandbox.profiles import Profile, customer_profile, stranger_profile
from sources.crm_com.sandbox.registers import Registers

FEWEST_STRANGERS, STRANGERS = 8, 0.3  # of the latter so many per order of the kitchen maker's
YOUNG_PAST_DAYS = 120
# how long ago the first strangers came last, so that every list of the smallest site shows a row
VISITS_AGO = tuple(hours * HOUR for hours in (3, 30, 12 * 24, 30 * 24, 45 * 24, 75 * 24))
OPENING, CALLING, HAPPENING, ASKING = range(4)  # what comes first of what happens in one minute
Due = tuple[int, int, str, int, Callable[[], None]]


class Service:
    """The site's registers, and the business that fills them.

    Its past is lived when somebody first looks, since most sandboxes are started for another
    vendor's sake; a site of many accounts is lived at the start.
    """

    def __init__(self, play: Play, clock: SiteClock) -> None:
        self._play = play
        self._clock = clock
        self._registers = Registers(play, clock)
        self._counter = Counter(play, clock, self._registers)
        self._past: Sequence[Saved] | None = None
        self._started = clock.now
        self._told: list[Saved] = []
        self._is_open = False
        self._queue: list[Due] = []
        self._known: set[tuple[Kind, int]] = set()
        self._customers: set[int] = set()

    @property
    def registers(self) -> Registers:
        """The registers as they are now."""
        self._catch_up()
        return self._registers

    def saved(self, saves: Sequence[Saved]) -> None:
        """Hears what the kitchen maker saved; the first time, of its past."""
        if self._past is None:
            self._past, self._started = saves, self._clock.now
            if self._play.accounts:
                self._catch_up()
            return
        self._told += saves
        if self._is_open:
            self._catch_up()

    def _catch_up(self) -> None:
        if not self._is_open:
            self._is_open = True
            self._open()
        told, self._told = self._told, []
        for document, _step in told:
            self._hear(document)
        while self._queue and self._queue[0][0] <= self._clock.now:
            heapq.heappop(self._queue)[-1]()

    def _open(self) -> None:
        past = self._past or ()
        orders = sum(document.kind is Kind.ORDER for document, _step in past)
        young = self._started - YOUNG_PAST_DAYS * DAY
        since = min((document.created for document, _step in past), default=young)
        for place, article in enumerate(papers.articles()):
            self._counter.offer(article, place, since - 400 * DAY)
        for document, _step in past:
            self._hear(document)
        strangers = max(FEWEST_STRANGERS, int(orders * STRANGERS))
        if self._play.accounts:
            customers = {d.deal.customer.number for d, _step in past if d.kind is Kind.ORDER}
            strangers = max(FEWEST_STRANGERS, self._play.accounts - len(customers))
        for number in range(strangers):
            self._stranger(number, since)

    def _stranger(self, number: int, since: int) -> None:
        """Somebody from elsewhere; the first of them are there already and came lately."""
        profile = stranger_profile(number, self._play.seed)
        span = max(self._started - since, DAY)
        at = since - 200 * DAY + profile.style % span
        self._arrives(profile, at)
        if number < len(VISITS_AGO):
            visit_at = self._started - VISITS_AGO[number]
            called = partial(self._visited, profile, visit_at, -1)
            self._push(visit_at, CALLING, profile.who, -1, called)
            asked_at = visit_at - HOUR
            self._push(asked_at, ASKING, profile.who, 0, partial(self._asks, profile, asked_at, 0))

    def _hear(self, document: Document) -> None:
        """Who asks for a kitchen may ask for a plan too; who gets one is a customer."""
        what, deal = (document.kind, document.serial), document.deal
        if what in self._known:
            return
        self._known.add(what)
        profile = customer_profile(deal.customer, self._play.seed)
        if document.kind is Kind.QUOTATION and document.part == 0 and deal.style % 3:
            at = document.created + 45
            self._push(at, ASKING, profile.who, deal.number, self._asking(profile, at, deal.number))
        elif document.kind is Kind.ORDER and deal.customer.number not in self._customers:
            self._customers.add(deal.customer.number)
            self._arrives(profile, document.created + HOUR)

    def _asking(self, profile: Profile, at: int, number: int) -> Callable[[], None]:
        return partial(self._asks, profile, at, number)

    def _arrives(self, profile: Profile, at: int) -> None:
        """An account is opened, and its owner comes again and again."""
        rng = dice("crm_com arrival", self._play.seed, profile.who)
        plan = rng.random() < 0.6 or profile.who == "stranger 0"
        self._push(at, OPENING, profile.who, 0, partial(self._opens, profile, at, plan))
        first = at + HOUR + int(rng.random() * 20 * DAY)
        self._push(first, CALLING, profile.who, 0, partial(self._visited, profile, first, 0))

    def _opens(self, profile: Profile, at: int, plan: bool) -> None:
        self._counter.open_account(profile, at)
        if plan:
            self._counter.subscribe(profile, at)
            self._provision(profile, at, 0, "ACTIVATE_SERVICE")

    def _visited(self, profile: Profile, at: int, number: int) -> None:
        """A visit and what follows from it; the next one is planned unless this is an extra one."""
        rng = dice("crm_com visit", self._play.seed, profile.who, number)
        visit: Visit = draw_visit(rng, at, f"{profile.who}/{number}", is_full=number < 0)
        for part, (due, does) in enumerate(self._counter.visit(profile, visit)):
            self._push(due, HAPPENING, f"{profile.who}/{number}", part, does)
        if visit.updates:
            self._provision(profile, at, number + 2, "UPDATE_SUBSCRIBER")
        if number >= 0:
            following = at + int((60 + rng.random() * 240) * DAY)
            comes = partial(self._visited, profile, following, number + 1)
            self._push(following, CALLING, profile.who, number + 1, comes)

    def _provision(self, profile: Profile, at: int, number: int, kind: str) -> None:
        """A request to the provider, which is done hours or days later."""
        rng = dice("crm_com provisioning", self._play.seed, profile.who, number)
        key = self._counter.provision(profile, number, kind, at)
        done = at + int((0.4 + rng.random() * 4) * DAY)
        does = partial(self._counter.provisioned, key, done)
        if key:
            self._push(done, HAPPENING, f"{profile.who}/provisioning", number, does)

    def _asks(self, profile: Profile, at: int, number: int) -> None:
        """A lead, which is won or lost weeks later."""
        rng = dice("crm_com lead", self._play.seed, profile.who, number)
        key = self._counter.ask(profile, number, at)
        end = at + int((3 + rng.random() * 40) * DAY)
        does = partial(self._counter.decide, profile, key, rng.random() < 0.5, end)
        self._push(end, HAPPENING, f"{profile.who}/lead", number, does)

    def _push(self, at: int, rank: int, who: str, part: int, does: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (at, rank, who, part, does))
