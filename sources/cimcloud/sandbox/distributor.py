"""The distributor in time: its business follows the kitchen maker's, and has a life of its own.

Everything that happens is a matter of the seed and of when it happens, never of how far the clock
was turned at once: what is to come waits in one queue, ordered by time.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from sources._sandbox.chance import dice
from sources._sandbox.company import DAY
from sources._sandbox.company_deals import Document, Kind
from sources._sandbox.company_world import Saved, calendar_day
from sources.cimcloud.sandbox import billing, masters, ordering
from sources.cimcloud.sandbox.accounts import Account, Profile, contractor, kitchen_maker, stranger
from sources.cimcloud.sandbox.catalogue import Product, products
from sources.cimcloud.sandbox.clock import SiteClock, office_minute, workday
from sources.cimcloud.sandbox.desk import Desk
from sources.cimcloud.sandbox.play import Play
from sources.cimcloud.sandbox.resources import resources
from sources.cimcloud.sandbox.sales import Happening, Sale, Step, draw_sale
from sources.cimcloud.sandbox.store import Table

YOUNG_PAST_DAYS = 120  # how far back a company without business goes
# per order of the kitchen maker's: so much of everything else
SALES, STRANGERS, PRODUCTS = 0.75, 0.15, 0.2
FEWEST_STRANGERS, FEWEST_PRODUCTS = 4, 12
WORKDAYS = 5 / 7
ACCOUNTS_PER_CLERK = 150
# what comes first of what happens in one minute
OPENING, BUYING, SELLING, PRICING, AMENDING = range(5)
DOES: Mapping[Step, Callable[[Desk, Sale, Happening], None]] = {
    Step.PLACED: ordering.placed,
    Step.EXPORTED: ordering.exported,
    Step.CANCELLED: ordering.cancelled,
    Step.SHIPPED: ordering.shipped,
    Step.INVOICED: billing.invoiced,
    Step.CREDITED: billing.credited,
    Step.PAID_ONLINE: billing.paid_online,
    Step.PAID: billing.paid,
}
Due = tuple[int, int, int, int, Callable[[], None]]


class Distributor:
    """The site's tables, and the business that fills them.

    Args:
        play: how the site is played.
        clock: the site's clock.
    """

    def __init__(self, play: Play, clock: SiteClock) -> None:
        made = {name: Table(resource, play, clock) for name, resource in resources().items()}
        self._tables = made
        self._by_path = {table.resource.path.lower(): table for table in made.values()}
        self._seed = play.seed
        self._clock = clock
        self._desk = Desk(made, clock, play.seed)
        self._past: tuple[Sequence[Saved], int] | None = None
        self._told: list[Saved] = []
        self._is_open = False
        self._queue: list[Due] = []
        self._known_orders: set[int] = set()
        self._known_customers: set[int] = set()
        self._accounts: list[Account] = []
        self._assortment: list[Product] = []
        self._kitchen_maker: Account | None = None
        self._planned_to = 0
        self._sales_per_day = 0.0

    @property
    def tables(self) -> Mapping[str, Table]:
        """The tables as they are now."""
        self._catch_up()
        return self._tables

    @property
    def by_path(self) -> Mapping[str, Table]:
        """The tables as they are now, by the path they are listed at, lower case."""
        self._catch_up()
        return self._by_path

    def be_ready(self) -> None:
        """Lives until now, if that has not been done; the first time it takes a while."""
        self._catch_up()

    def saved(self, saves: Sequence[Saved]) -> None:
        """Hears what the kitchen maker saved; the first time, of its past."""
        if self._past is None:
            self._past = (saves, self._clock.now)
        self._told += saves
        if self._is_open:
            self._catch_up()

    def _catch_up(self) -> None:
        """Lives until now. The first time this is years, so it waits until somebody looks."""
        if not self._is_open:
            self._is_open = True
            self._open()
        told, self._told = self._told, []
        for document, _step in told:
            self._hear(document)
        for day in range(self._planned_to, self._clock.now // DAY + 1):
            self._plan(day)
        self._planned_to = max(self._planned_to, self._clock.now // DAY + 1)
        while self._queue and self._queue[0][0] <= self._clock.now:
            heapq.heappop(self._queue)[-1]()

    def _open(self) -> None:
        """Draws the company as large as the kitchen maker's past."""
        past, started = self._past or ((), self._clock.now)
        orders = sum(document.kind is Kind.ORDER for document, _step in past)
        young = started - YOUNG_PAST_DAYS * DAY
        since = min((document.created for document, _step in past), default=young)
        self._planned_to = since // DAY
        days = max(started // DAY - self._planned_to, 1) * WORKDAYS
        self._sales_per_day = orders * SALES / days
        self._assortment = products(max(FEWEST_PRODUCTS, int(orders * PRODUCTS)))
        founded = office_minute(since // DAY - 2100, 0.0)
        for place, product in enumerate(self._assortment):
            masters.offer(self._desk, product, founded + place)
        self._opening(kitchen_maker(since), 0)
        for number in range(max(FEWEST_STRANGERS, int(orders * STRANGERS))):
            self._opening(stranger(self._seed, number, since), 1 + 2 * number)

    def _opening(self, profile: Profile, number: int) -> None:
        """Plans to open an account; `number` tells it from all others."""

        def opens() -> None:
            account = masters.open_account(self._desk, profile)
            if number == 0:
                self._kitchen_maker = account
            else:
                self._accounts.append(account)

        self._push(profile.opened, OPENING, number, 0, opens)

    def _hear(self, document: Document) -> None:
        """Every order of the kitchen maker's brings one; every other contractor comes too."""
        customer = document.deal.customer
        if customer.number not in self._known_customers:
            self._known_customers.add(customer.number)
            if customer.is_contractor and customer.number % 2:
                self._opening(contractor(customer, document.created), 2 * customer.number)
        if document.kind is Kind.ORDER and document.number not in self._known_orders:
            self._known_orders.add(document.number)
            at, buys = document.created + 20 + document.deal.style % 160, self._kitchen_maker_buys
            self._push(at, BUYING, document.number, 0, partial(buys, at, document))

    def _kitchen_maker_buys(self, at: int, document: Document) -> None:
        """What is confirmed is to be built, and what that takes is bought."""
        rng = dice("cimcloud purchase", self._seed, document.deal.style)
        if account := self._kitchen_maker:
            number = f"PO-{document.number}"
            sale = draw_sale(rng, account, self._assortment, at, po_number=number, most_lines=2)
            self._live(sale, BUYING, document.number)

    def _plan(self, day: int) -> None:
        """Plans a day's sales to others, a month's new prices, and what a clerk corrects."""
        rng = dice("cimcloud day", self._seed, day)
        if workday(day) == day:
            expected = self._sales_per_day * (0.6 + 0.8 * rng.random())
            count = int(expected) + (rng.random() < expected % 1)
            for place in range(count):
                at, number = office_minute(day, rng.random()), day * 10_000 + place
                self._push(at, SELLING, number, 0, partial(self._sells, at, number))
            at = office_minute(day, rng.random())
            self._push(at, AMENDING, day, 0, partial(self._amends, at, day))
        if calendar_day(day).day == 1:
            at = office_minute(day, 0.0)
            self._push(at, PRICING, day, 0, partial(self._reprices, at))

    def _sells(self, at: int, number: int) -> None:
        rng = dice("cimcloud sale", self._seed, number)
        if account := self._somebody(rng.random() ** 1.3):
            own = f"PO {20_000 + number % 79_999}" if rng.random() < 0.7 else None
            sale = draw_sale(rng, account, self._assortment, at, po_number=own, most_lines=4)
            self._live(sale, SELLING, number)

    def _amends(self, at: int, day: int) -> None:
        """A clerk corrects a record; the more accounts there are, the more often."""
        rng = dice("cimcloud clerk", self._seed, day)
        account = self._somebody(rng.random())
        if account is not None and rng.random() < len(self._accounts) / ACCOUNTS_PER_CLERK:
            masters.amend(self._desk, account, rng.random(), at)

    def _reprices(self, at: int) -> None:
        """One category becomes dearer each month."""
        categories = sorted({product.category for product in self._assortment})
        month = calendar_day(at // DAY).month
        for product in self._assortment:
            if product.category == categories[month % len(categories)]:
                masters.reprice(self._desk, product, at)

    def _somebody(self, share: float) -> Account | None:
        """An account that there is by now; a small share is an old one."""
        return self._accounts[int(share * len(self._accounts))] if self._accounts else None

    def _live(self, sale: Sale, rank: int, number: int) -> None:
        """The sale is placed; the rest of its life follows."""
        first, *rest = sale.happenings
        self._happens(sale, first)
        for part, happening in enumerate(rest, 1):
            self._push(happening.at, rank, number, part, partial(self._happens, sale, happening))

    def _happens(self, sale: Sale, happening: Happening) -> None:
        if happening.step <= Step.EXPORTED or sale.oh_id:  # unless the ERP never got it
            DOES[happening.step](self._desk, sale, happening)

    def _push(self, at: int, rank: int, number: int, part: int, does: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (at, rank, number, part, does))
