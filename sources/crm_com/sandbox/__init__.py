"""CRM.COM as its sheet describes it: the service arm of the kitchen maker.

It sells maintenance plans, spare parts and service calls to the kitchen maker's customers and to
others with older kitchens.

Played [S]: `crmapi/rest/v2/<entity>/<method>`, GET with `?token=` and identifiers with a literal
second `=`, POST with token and identifier objects in the body; `fields_set`; fifty rows at most;
provisioning requests oldest first.
Played [P]: a token good for two hours, used or not, by the world's clock; login by user or by web
API key; envelopes whose keys come in any order; errors with status 200 and an upper-cased exception
path; no total anywhere; which filters a list needs; drafts newest first; pending requests of the
last seven days, flat or grouped by subscription; jobs that are pending or in progress and not late,
and cancelled ones, in no list; local times without offset.
Played [A]: the codes of errors; `show` of accounts and of jobs; `activities/get_pending`,
`get_completed` and `get_overdue` beside the sheet's `get_cancelled`; fields of credit notes, leads,
activities, subscriptions, products and provisioning requests; more than fifty rows asked for are
fifty; a parameter that the method does not know is refused; of purchases `submitted_after_date`
takes in the moment itself, `submitted_before_date` does not.

Every request's journal entry says `in_flight`, how many were under way with it; tokens are not
noted.

Options, the default first:

| option | |
|---|---|
| `auth` | `user`, `web_api_key` |
| `accounts` | 0: as the company has; N: about so many, made at the start |
| `order` | `drifting`: by last save, so that a saved row moves; `stable`: by id; `shuffled` |
| `busy` | 0; N: after every N lists, one row of that table is saved, one made, one deleted |
| `at_once` | 0; N: more requests at the same time are answered 429 without a body |
| `latency_ms` | 0: real milliseconds before an answer |
| `ignores_paging` | nothing; methods joined by `+` that answer all rows, whatever is asked |
| `over_fifty` | `cap`, `refuse`: what becomes of a larger `number_of_results` |
| `list_data` | `array`, `object`: an object that holds the array |
| `contact_sets` | `plural`: `addresses_set`; `singular`: `address_set` |
| `items_key` | `invoice_items_set`: what an invoice calls its items |
| `pending` | `flat`, `grouped`: within `subscriptions_set` |
| `pending_days` | 7: how far back pending requests are shown; 0 is all |
| `stale` | `envelope`, `401`, `403`: how a bad token is refused, in an envelope always |
| `equals` | `literal`, `any`: whether an identifier's second `=` may come encoded |
| `unknown_parameters` | `refuse`, `ignore` |
| `extra_fields` | `false`, `true`: fields that the sheet does not have: invoices with |
| | `accounts_receivable` and `log_information`, account owners with `demographics`, and a few of |
| | leads, activities, subscriptions and provisioning requests |
| `token_minutes` | 120 |
| `timezone` | `America/Vancouver`: the site's time |

Faults of its own: `error_200` (`code`, `message`), `expired_token` (in an envelope),
`invalid_session` (403), both of which end the token's life; `not_a_list`. Name a `route`, or a
login may be struck.
"""

from __future__ import annotations

import json

from sources._sandbox.company_world import World
from sources._sandbox.journal import Journal
from sources._sandbox.setup import Options
from sources._sandbox.vendor import SandboxVendor
from sources.crm_com.sandbox.controls import Controls
from sources.crm_com.sandbox.play import play_of
from sources.crm_com.sandbox.site import FAULTS, Site
from sources.crm_com.sandbox.values import (
    CLASSIFICATIONS,
    LEAD_CATEGORIES,
    PRODUCT_TYPES,
    PROVIDERS,
)


def sandbox(world: World, _journal: Journal, options: Options) -> SandboxVendor:
    """The vendor's other side; see the module for its options."""
    play = play_of(options)
    site = Site(world, play)
    controls = Controls(site)
    return SandboxVendor(
        routes=site.routes,
        controls=controls.routes,
        credentials=site.tokens.credentials(),
        saved=site.service.saved,
        faults=FAULTS,
        noticed=site.noticed,
        settings={
            "timezone": json.dumps(str(play.zone)),
            "currency": json.dumps("CAD"),
            "classifications": json.dumps(CLASSIFICATIONS),
            "product_types": json.dumps(PRODUCT_TYPES),
            "lead_categories": json.dumps(LEAD_CATEGORIES),
            "provisioning_providers": json.dumps(PROVIDERS),
        },
        books=controls.books(),
    )
