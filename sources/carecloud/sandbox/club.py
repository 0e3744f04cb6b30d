"""The club in time: every deal of the kitchen maker brings members, visits and purchases.

What happens is a matter of the seed and of when it happens, never of how far the clock was turned
at once: what is to come waits in one queue, ordered by time.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from sources._sandbox.chance import dice
from sources._sandbox.company import PRODUCTS, Customer, Customers
from sources._sandbox.company_deals import Document, Kind
from sources._sandbox.company_world import Saved, calendar_day
from sources._sandbox.store import Store
from sources.carecloud.sandbox import masters, members, weborders
from sources.carecloud.sandbox.clock import MINUTE, ProjectClock, moment_of
from sources.carecloud.sandbox.desk import Desk
from sources.carecloud.sandbox.filling import fill
from sources.carecloud.sandbox.masters import Article
from sources.carecloud.sandbox.members import Member
from sources.carecloud.sandbox.play import Play
from sources.carecloud.sandbox.purchases import ONLINE, RETURN, STORE, Line, buy
from sources.carecloud.sandbox.resources import Resource

DAY = 24 * 60  # minutes here, as the kitchen maker counts
YOUNG_PAST_DAYS = 120
PRODUCTS_PER_ORDER, FEWEST_PRODUCTS = 0.15, 20
ANONYMOUS_MEMBERS = 200
Does = Callable[[int], None]
Due = tuple[int, int, int, int, int, Does]


class Club:
    """The project's tables, and the business that fills them.

    The past is lived when somebody first looks, since most sandboxes are started for another
    vendor's sake; `purchases` of the options fills it at the start instead.

    Args:
        play: how the project is played.
        clock: its clock.
        declared: its lists.
    """

    def __init__(self, play: Play, clock: ProjectClock, declared: Mapping[str, Resource]) -> None:
        self._play = play
        self._clock = clock
        self._desk = Desk(declared, clock, play.seed)
        self._past: tuple[Sequence[Saved], int] | None = None
        self._told: list[Saved] = []
        self._is_open = False
        self._queue: list[Due] = []
        self._known: set[int] = set()
        self._members: dict[int, Member] = {}
        self._articles: list[Article] = []
        self._by_code: dict[str, Article] = {}
        self._priced_to = 0

    @property
    def store(self) -> Store:
        """The tables as they are now."""
        self._catch_up()
        return self._desk.store

    def saved(self, saves: Sequence[Saved]) -> None:
        """Hears what the kitchen maker saved; the first time, of its past."""
        if self._past is None:
            self._past = (saves, self._now)
        self._told += saves
        if self._play.purchases:
            self._catch_up()

    @property
    def _now(self) -> int:
        return self._clock.now // MINUTE

    def _catch_up(self) -> None:
        if not self._is_open:
            self._is_open = True
            self._open()
        told, self._told = self._told, []
        for document, _step in told:
            self._hear(document)
        for day in range(self._priced_to, self._now // DAY + 1):
            if calendar_day(day).day == 1:
                self._push(day * DAY + 15 * 60, (day, 0, 0, 0), self._reprice)
        self._priced_to = max(self._priced_to, self._now // DAY + 1)
        while self._queue and self._queue[0][0] <= self._now:
            at, *_rank, does = heapq.heappop(self._queue)
            does(at)

    def _open(self) -> None:
        past, started = self._past or ((), self._now)
        orders = sum(document.kind is Kind.ORDER for document, _step in past)
        young = started - YOUNG_PAST_DAYS * DAY
        since = min((document.created for document, _step in past), default=young)
        self._priced_to = since // DAY
        self._articles = masters.articles(max(FEWEST_PRODUCTS, int(orders * PRODUCTS_PER_ORDER)))
        self._by_code = {article.code: article for article in self._articles}
        opened = masters.founded(since * MINUTE)
        masters.found(self._desk, opened)
        for number, article in enumerate(self._articles):
            masters.offer(self._desk, article, number, opened + number)
        if self._play.purchases:
            self._fill(since, started)

    def _fill(self, since: int, until: int) -> None:
        """Purchases of members who never bought a kitchen, for a long list at little cost."""
        walk_ins = Customers(dice("carecloud walk-ins", self._play.seed))
        members_ = []
        for number in range(ANONYMOUS_MEMBERS):
            customer = walk_ins.next(since)
            customer.number = 1_000_000 + number
            members_.append(self._join(customer, since + number))
        span = (since * MINUTE, (until - 2) * MINUTE)
        fill(self._desk, members_, self._articles, self._play.purchases, span)

    def _hear(self, document: Document) -> None:
        if document.serial in self._known:
            return
        self._known.add(document.serial)
        rng = dice("carecloud document", self._play.seed, document.serial)
        if document.kind is Kind.QUOTATION:
            self._plan_visit(document, rng)
        elif document.kind is Kind.ORDER:
            self._plan_purchases(document, rng)
        elif document.part == 0:
            self._at(document, 30, 0, partial(self._event, document, "installation_planned"))

    def _plan_visit(self, document: Document, rng: random.Random) -> None:
        """A quotation: its customer joins if new, comes for advice, and tells of it."""
        customer, serial = document.deal.customer, document.serial
        self._at(document, 0, 0, partial(self._joins, customer))
        if document.part:
            return
        self._at(document, 5, 1, partial(self._event, document, "showroom_visit"))
        days = 1 + rng.randrange(6)
        ends = weborders.CALLED_OFF if rng.random() < 0.1 else weborders.ATTENDED

        def books(at: int) -> None:
            moment = moment_of(at, serial)
            slot = weborders.slot_after(moment, days)
            weborders.book(self._desk, self._member(customer, at), serial, slot, moment)

        self._at(document, 10, 2, books)
        for part, (after, status) in enumerate(((300, weborders.AGREED), (days * DAY, ends)), 3):
            self._at(document, after, part, partial(self._attends, serial, status))
        if rng.random() < 0.02:
            self._at(document, 90 * DAY, 6, partial(self._leaves, customer))

    def _plan_purchases(self, document: Document, rng: random.Random) -> None:
        """An order: the kitchen itself is paid, and accessories are bought for months."""
        kitchen = [(self._by_code[product.code], n) for product, n in document.deal.lines()]
        self._at(document, 40, 0, partial(self._buys, document, kitchen, "K", STORE))
        for place in range(rng.randrange(4)):
            after = 60 + rng.randrange(120 * DAY)
            lines = self._accessories(rng)
            how = RETURN if rng.random() < 0.04 else STORE
            does = partial(self._buys, document, lines, f"A{place}-", how)
            self._at(document, after, 1 + place, does)
        for place in range(rng.choice((0, 1, 1, 2))):
            self._plan_web_order(document, 10 + place, rng)
        if rng.random() < 0.3:
            self._at(document, rng.randrange(20 * DAY), 8, partial(self._rewarded, document))
        if rng.random() < 0.15:
            self._at(document, rng.randrange(60 * DAY), 9, partial(self._moves, document))

    def _plan_web_order(self, document: Document, place: int, rng: random.Random) -> None:
        number = weborders.order_number(self._play.seed % 100, document.serial * 10 + place)
        lines, start = self._accessories(rng), rng.randrange(100 * DAY)
        confirmed, shipped = start + 600, start + 600 + (1 + rng.randrange(3)) * DAY

        def places(at: int) -> None:
            member = self._member(document.deal.customer, at)
            weborders.place_order(self._desk, member, lines, number, moment_of(at, place))

        def ships(at: int) -> None:
            weborders.go_on(self._desk, number, weborders.SHIPPED, moment_of(at, place))
            self._buys(document, lines, number, ONLINE, at)

        self._at(document, start, 10 * place, places)
        goes = partial(self._goes_on, number)
        self._at(document, confirmed, 10 * place + 1, partial(goes, weborders.CONFIRMED))
        if rng.random() < 0.07:
            self._at(document, shipped, 10 * place + 2, partial(goes, weborders.CANCELLED))
            return
        self._at(document, shipped, 10 * place + 2, ships)
        delivered = shipped + (2 + rng.randrange(4)) * DAY
        self._at(document, delivered, 10 * place + 3, partial(goes, weborders.DELIVERED))

    def _buys(
        self, document: Document, lines: Sequence[Line], what: str, how: str, at: int
    ) -> None:
        member = self._member(document.deal.customer, at)
        external = what if how == ONLINE else f"{what}{document.number}"
        moment = moment_of(at, document.serial)
        rng = dice("carecloud purchase", self._play.seed, external)
        buy(self._desk, member, lines, moment, rng, external_id=external, how=how)
        if rng.random() < 0.2:
            members.did(self._desk, member, "purchase", external, moment)
        if how == STORE and rng.random() < 0.5:
            members.apply_voucher(self._desk, member, moment)

    def _accessories(self, rng: random.Random) -> list[Line]:
        small = [article for article in self._articles if article.cents < 20_000]
        chosen = rng.sample(small, 1 + rng.randrange(2))
        return [(article, 1 + rng.randrange(4)) for article in chosen]

    def _event(self, document: Document, what: str, at: int) -> None:
        member = self._member(document.deal.customer, at)
        moment = moment_of(at, document.serial)
        members.did(self._desk, member, what, document.serial, moment)

    def _attends(self, number: int, status: str, at: int) -> None:
        weborders.attend(self._desk, number, status, moment_of(at, number))

    def _goes_on(self, number: str, status: str, at: int) -> None:
        weborders.go_on(self._desk, number, status, moment_of(at, len(number)))

    def _rewarded(self, document: Document, at: int) -> None:
        member = self._member(document.deal.customer, at)
        voucher = self._desk.id("voucher", "reward", document.serial)
        moment = moment_of(at, document.serial)
        members.give_voucher(self._desk, member, 1, moment, voucher_id=voucher)

    def _moves(self, document: Document, at: int) -> None:
        member = self._member(document.deal.customer, at)
        moment = moment_of(at, document.serial)
        members.moved_house(self._desk, member, moment, 100 + document.serial)

    def _joins(self, customer: Customer, at: int) -> None:
        self._member(customer, at)

    def _leaves(self, customer: Customer, at: int) -> None:
        members.left(self._desk, self._member(customer, at), moment_of(at, customer.number))

    def _member(self, customer: Customer, at: int) -> Member:
        """The member that a customer is, who joins now if not earlier."""
        known = self._members.get(customer.number)
        return known if known is not None else self._join(customer, at)

    def _join(self, customer: Customer, at: int) -> Member:
        moment = moment_of(at, customer.number)
        member = members.join(self._desk, customer, moment, has_traps=self._play.has_traps)
        self._members[customer.number] = member
        return member

    def _reprice(self, at: int) -> None:
        """One product group becomes dearer each month."""
        month = calendar_day(at // DAY).month
        group = PRODUCTS[month % len(PRODUCTS)].code[:3]
        for article in self._articles:
            if article.group == group:
                masters.reprice(self._desk, article, month, moment_of(at, month))

    def _at(self, document: Document, after: int, part: int, does: Does) -> None:
        """Plans something some minutes after a document was made."""
        rank = (document.deal.number, list(Kind).index(document.kind), document.part, part)
        self._push(document.created + after, rank, does)

    def _push(self, at: int, rank: tuple[int, int, int, int], does: Does) -> None:
        heapq.heappush(self._queue, (at, *rank, does))
