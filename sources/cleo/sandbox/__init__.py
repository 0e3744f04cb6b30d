"""Cleo Integration Cloud as its sheet describes it: the kitchen maker's mailbox.

Builders and others who order by EDI leave purchase orders in it, and the platform the documents
that answer them; all of them are of the company's own orders, under the purchase order numbers
that its other systems show.

Played [S]: the login form and its JWT without `expires_in`; the envelope of `folders` and
`children`; the fields of folders and of the answer to an upload, with length 0, the year 1970 and
the root folder's trailing space in its path; `_links` that begin with `/api`; permissions of the
folders; the one JSON document that is printed.
Played [P]: `startIndex` from 0 and `count`; errors as JSON with `message`; 409 for a conflict.
Played [A]: file entries in a list; the bytes of a file at its own link; 401 for a bad token and for
a bad login, 403 where a folder's permissions do not allow it, 415 for an upload that is no octet
stream; a list in the order of names; JSON documents with header, parties, lines.

The API is below `/cleo/api`.

Options, the default first:

| option | |
|---|---|
| `jwt_seconds` | 3600: how long a token is good for, by the world's clock |
| `says_expires_in` | `false`, `true`: whether a login tells `expires_in` |
| `token_requests` | 0; N: a token is good for N requests |
| `most` | 100: how many entries a list answers at once, whatever `count` says |
| `ignores_paging` | `false`, `true`: a list answers all there is, whatever is asked |
| `download` | `bytes`; `metadata`: a file's link tells of it, its `/content` is the bytes |
| `upload` | `kept`: an upload stays, in transit the first time that a list shows it; `taken`: it |
| | is gone after that, and its name is free; `unlisted`: the folder may not be listed |
| `names` | a regular expression that all of an upload's name has to match; none |
| `big_mb` | 0; N: one X12 file of about N million bytes is in `download` |

Faults of its own: `expired_token` ends the life of the token that a request shows;
`unlistable_children` answers 403 to a list; `missing_from_list` leaves a list's last file out;
`upload_answer_lost` takes an upload in and drops the connection.
"""

from __future__ import annotations

from sources._sandbox.company_world import World
from sources._sandbox.journal import Journal
from sources._sandbox.setup import Options
from sources._sandbox.vendor import SandboxVendor
from sources.cleo.sandbox.controls import Controls
from sources.cleo.sandbox.play import play_of
from sources.cleo.sandbox.site import FAULTS, Site


def sandbox(world: World, _journal: Journal, options: Options) -> SandboxVendor:
    """The vendor's other side; see the module for its options."""
    site = Site(world, play_of(options))
    controls = Controls(site)
    return SandboxVendor(
        routes=site.routes,
        controls=controls.routes,
        credentials=site.tokens.credentials(),
        saved=site.post.saved,
        faults=FAULTS,
        books=controls.books(),
    )
