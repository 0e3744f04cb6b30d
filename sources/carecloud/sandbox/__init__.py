"""CareCloud as its sheet describes it: the loyalty club of the kitchen maker's showrooms.

Who asks the kitchen maker for a quotation joins the club and books a consultation; who orders a
kitchen pays it in a showroom, buys accessories for months and orders some of them in the web shop
(whose orders become purchases: the order's `order_number` is the purchase's `external_purchase_id`
once it is shipped). It is as large as the kitchen maker's past: a thousand orders there are some
20,000 rows here, the lines of purchases, orders and bookings counted. The project's time is
Prague's, where the vendor is.

Played [S]: two interfaces; 204 without a body; error bodies; names in the language of
`Accept-Language`.
Played [P]: login and logout, tokens of 7 hours with `valid_to` in project time, customers' tokens
without an end; `count` without a ceiling, `offset`, sorting by any first-level field, a total; the
filters of the sheet and of the public client; 403 with the exception's name as `type`; 429 and
503 without a body and Retry-After; soft deletes (`state`), a card's 0 means blocked; the traps: a
birthdate "985-02-12" (the fifth customer's), phones that are numbers in `orders.shipping_data` and
at one partner, `property_records` that is `[]`, null or absent, `data` that is JSON inside text,
objects that are `[]` when empty, `last_change` of product groups with a fraction.
Played [A]: paths of several words with hyphens, as the public client has them; `GET /<plural>/{id}`
on every list, though that client has none for customer_source_records and some small lists; rows
in the order in which they were made where no `sort_field` is given; sorting by times is by their
text, so that the repeated hour of autumn is sorted as if it were one; both ends of a range
belong to it; `state` on orders, which have none, counts as 1; bookings come without items unless
`add_booking_items` is given, `items-only` leaves out ticket and properties; a single object takes
the same extensions as its list; a name or value of a parameter that is none is 400; customers see
their own purchases, orders, bookings, cards, vouchers and `customers/{own id}`, the catalogue and
the small lists; tokens as Bearer or as the password of Basic.

Every request's journal entry says `in_flight`: how many requests were being answered, itself one of
them. `truth` and the books show rows as a list does that is asked for everything, in Czech, the
default language. `save` with `at` sets `last_change` to a moment such as `2024-10-27T00:30:00Z`.

Options, the default first:

| option | |
|---|---|
| `interface` | `enterprise`, `customer`: whose credentials are told; both are served |
| `timezone` | `Europe/Prague`: the project's time |
| `login_status` | 200, 201 |
| `token_requests` | 0; N: a token is good for N requests |
| `max_count` | 0; N: pages are capped silently |
| `at_once` | 0; N: more requests at the same time are 429; needs `latency_ms` to happen |
| `latency_ms` | 0: how long every answer takes |
| `ties` | `false`, `true`: rows of one second come in another order each time |
| `busy` | 0; N: after every N lists, one row of that table is saved, one made, one deleted |
| `cached` | 0; N: a list is answered again from memory for N seconds, with `Cache-Control` |
| `empty_is_204` | `false`, `true`: whether a page without rows is 204 |
| `purchases` | 0; N: so many purchases more, made at the start |
| `property_records_as` | `property_records`, `purchase_property_records` |
| `traps` | `true`, `false`: whether one birthdate is wrong |
| `unknown_filters` | `refused`, `ignored` |

Faults of its own, all meant for lists (name a `route`, or a login may be struck): `expired_token`;
`not_a_list`: an object, as PHP writes arrays with gaps; `share_of_rows` (`share`), `ignores_offset`
and `total_missing`, until cleared; `no_body` (`status`): 503 or 429 as this vendor sends them.
"""

from __future__ import annotations

from dataclasses import replace

from sources._sandbox.company_world import World
from sources._sandbox.journal import Journal
from sources._sandbox.setup import Options
from sources._sandbox.vendor import SandboxVendor
from sources.carecloud.sandbox.play import CUSTOMER, play_of
from sources.carecloud.sandbox.site import FAULTS, Site

EVERY_TABLE = (
    "{languages = true, countries = true, statuses = true, segments = true, rewards = true}"
)


def sandbox(world: World, _journal: Journal, options: Options) -> SandboxVendor:
    """The vendor's other side; see the module for its options."""
    play = play_of(options)
    site = Site(world, play)
    settings = {"timezone": f'"{play.zone.key}"'}
    if play.interface == CUSTOMER:
        settings["interface"] = f'"{CUSTOMER}"'
    return SandboxVendor(
        routes=site.routes,
        controls=site.controls.routes(),
        credentials=site.tokens.credentials(),
        saved=site.club.saved,
        faults=FAULTS,
        settings=settings,
        books=replace(
            site.controls.books(lambda: site.tokens.issued), every_table={"resources": EVERY_TABLE}
        ),
    )
