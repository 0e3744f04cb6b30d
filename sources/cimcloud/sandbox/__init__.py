"""CIMcloud as its sheet describes it: the site of a distributor of cabinet hardware.

The distributor sells to the kitchen maker, whose confirmed orders become its purchase orders
(`PO-8149` is for the kitchen maker's order 8149), to some of the kitchen maker's contractors, and
to others. It is as large as the kitchen maker's past: a thousand orders there are some 20,000 rows
here.

Played [S]: bearer tokens or HTTP Basic per App Authorization; the budget per authorization; a
Swagger of the site's own.
Played [P]: the paths `/{resource}/{searchstring}/{page}`, where `/accounts/1` is page 1 and page 0
is page 1 again; fifty rows a page in a bare array, in no promised order, with neither total nor
link; `/authenticate`, `/refresh`, `/validate` and `/healthcheck` with its misspelling; two calls a
second and a hundred per quarter hour, with the seconds left in `X-RateLimit-Reset`; `OnlineOrders`,
which marks what it answers as exported, so that the ERP never gets it; search operators, joiners
and functions; numbers as text, money as text with four places.
Played [A]: names of paths, keys and fields beyond the sheet's printed ones; resources in any
casing, `..` in a path taking a segment back; 429 with plain text, and a refused call spends
nothing; 404 for no such resource, 403 for one not allowed and for every way to write; 400 in plain
text for a searchstring that is none; a last segment of digits is a page and a day without a year is
one of this year, so that `…~1/1/2021` asks for page 2021 of what changed since January; days in
site time.

Every request's journal entry says `budget_at` (seconds of the budget's clock), `over_budget`,
`remaining` and `counted` (`/healthcheck/canary` and the Swagger are not). What a fault answers in
the vendor's place spends budget as well, but comes without the headers.

Options, the default first:

| option | |
|---|---|
| `auth` | `bearer`, `basic` |
| `refresh_token` | `false`, `true`: whether a login answers one; it is good once |
| `refresh_field` | `token`, `bearer_token`: what a renewed token is called |
| `order` | `drifting`: by last save, so that a saved row moves; `stable`: by key; `shuffled` |
| `busy` | 0; N: after every N lists, one row of that table is saved, one made, one deleted |
| `past_end` | `empty`, `404`: the answer past the last page |
| `slash` | `decoded`, `kept`: whether `%2F` divides segments |
| `between` | `days`, `midnight`: whether `searchbetween` takes in the whole last day |
| `timezone` | `America/Vancouver`: the site's time |
| `today_offset` | 0: by how many days the site's today is another one |
| `dates` | `iso`, `us`: how rows write days and times |
| `deny` | nothing; paths or tables joined by `+` that answer 403 |
| `extra_fields` | `false`, `true`: whether rows carry the fields that only this site has |
| `budget` | `fixed`: a quarter hour begins with its first call; `sliding` |
| `calls_per_second`, `calls_per_quarter_hour` | 2, 100 |
| `speed` | 1; 300 makes a quarter hour last three seconds |
| `tolerance_ms` | 0: by how many real milliseconds the second is shorter, since calls that leave |
| | evenly do not arrive evenly, and `speed` does not make the machine faster |
| `login_counts` | `true`, `false`: whether `/authenticate` and `/refresh` spend budget |
| `headers_on_429` | `true`, `false` |

Faults of its own, all meant for lists (name a `route`, or a login may be struck): `share_of_rows`
(`share`), until cleared; `not_a_list`; `repeated_page`; `page_404`; `expired_token`.
"""

from __future__ import annotations

from sources._sandbox.company_world import World
from sources._sandbox.journal import Journal
from sources._sandbox.setup import Options
from sources._sandbox.vendor import SandboxVendor
from sources.cimcloud.sandbox.books import SiteBooks
from sources.cimcloud.sandbox.controls import Controls
from sources.cimcloud.sandbox.play import play_of
from sources.cimcloud.sandbox.site import FAULTS, Site


def sandbox(world: World, _journal: Journal, options: Options) -> SandboxVendor:
    """The vendor's other side; see the module for its options."""
    play = play_of(options)
    site = Site(world, play)
    return SandboxVendor(
        routes=site.routes,
        controls=Controls(site).routes,
        credentials=site.tokens.credentials(),
        saved=site.distributor.saved,
        faults=FAULTS,
        noticed=site.noticed,
        settings={"timezone": f'"{play.zone.key}"', "currency": '"CAD"'},
        books=SiteBooks(site).books(),
    )
