"""The settings of one CIMcloud site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, Final

from dlt.common.configuration.specs import configspec
from dlt.common.typing import TSecretStrValue

from sources._http.errors import Misconfigured
from sources._http.settings import WireSettings
from sources._vendor import ConnectionSettings
from sources.cimcloud.guard import forbidden
from sources.cimcloud.resources import tables_of
from sources.cimcloud.search import Operators, Unspeakable

BEARER: Final = "bearer"
BASIC: Final = "basic"
PAGE_ROWS: Final = 50  # at most [P]
_SITE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_ABOVE_ZERO: Final = (
    "calls_per_second",
    "calls_per_quarter_hour",
    "slice_pages",
    "page_rows",
    "max_pages",
)


@configspec
class CimcloudSettings(ConnectionSettings):
    """Settings of one site and of the App Authorization that reads it.

    Attributes:
        base_url: without the site, which is put behind it here [P].
        site: the site's name, one segment of every path [P].
        auth_key: of the App Authorization; a bearer login needs it [P].
        auth_user_name: of the App Authorization [P].
        auth_password: of the App Authorization [P].
        auth_type: "bearer" logs in and is given a token; "basic" says name and password with every
            call, as some App Authorizations want it [P].
        lookback_days: how many days before today a changed-since reading begins [A].
        calls_per_second: what the vendor allows one App Authorization: 2 [P].
        calls_per_quarter_hour: and in fifteen minutes: 100 [P].
        history_since: the first day that a first load reaches back to, as in "2015-01-01"; by
            default all there is.
        slice_pages: a slice of the first load aims at so many pages.
        page_rows: rows of a full page: 50 [P].
        max_pages: a list of more pages is taken for one that never ends.
        operator_between: what the search "between" is called [P].
        operator_since: what the search "this or later" is called, as the vendor spells it [P].
        operator_exact: what the search "exactly this" is called [P].
        resources: one section per table, such as `[sources.cimcloud.resources.payments]`: `path`
            of the resource; `primary_key`, one field or several; `cursor`, the field that says when
            a row changed, and `created`, when it was made ("" where there is none); `every`, as
            "6h", how often it is read; `enabled`; `columns` of your own; `description` of a table
            of your own. `penstock check --swagger FILE` writes them.
    """

    base_url: str = "https://api.cimcloud.com"
    site: str = None  # type: ignore[assignment]  # dlt: None marks a required setting
    auth_key: TSecretStrValue | None = None
    auth_user_name: TSecretStrValue = None  # type: ignore[assignment]
    auth_password: TSecretStrValue = None  # type: ignore[assignment]
    auth_type: str = BEARER
    lookback_days: int = 2
    calls_per_second: int = 2
    calls_per_quarter_hour: int = 100
    history_since: str = "1900-01-01"
    slice_pages: int = 8
    page_rows: int = PAGE_ROWS
    max_pages: int = 20_000
    operator_between: str = Operators.between
    operator_since: str = Operators.since
    operator_exact: str = Operators.exact
    resources: dict[str, Any] | None = None

    def on_resolved(self) -> None:
        """Holds the values to what can be used.

        Raises:
            Misconfigured: naming every one that cannot.
        """
        wrong = list(_objections(self))
        if wrong:
            raise Misconfigured("; ".join(wrong))
        tables_of(self)

    def wire(self) -> WireSettings:
        """How the wire is to be used; the site is part of its base.

        Raises:
            Misconfigured: a value cannot be used; names it.
        """
        plain = super().wire()
        return replace(plain, base_url=f"{plain.base_url.strip().rstrip('/')}/{self.site}")

    def operators(self) -> Operators:
        """The search operators' names.

        Raises:
            Unspeakable: one is no name.
        """
        return Operators(self.operator_between, self.operator_since, self.operator_exact)

    def first_day(self) -> date:
        """The first day that a first load reaches back to.

        Raises:
            ValueError: it is no day.
        """
        return date.fromisoformat(self.history_since)


def _objections(settings: CimcloudSettings) -> Iterator[str]:
    if not _SITE.fullmatch(settings.site):
        yield (
            f"site is {settings.site!r}: it is one name of letters, digits, - and _, "
            "such as the last part of https://api.cimcloud.com/acme"
        )
    for name in ("base_url", "site"):
        if why := forbidden(getattr(settings, name)):
            yield f"{name} cannot be used: {why}"
    if settings.auth_type not in (BEARER, BASIC):
        yield f'auth_type is {settings.auth_type!r}: it is "{BEARER}" or "{BASIC}"'
    elif settings.auth_type == BEARER and not settings.auth_key:
        yield (
            f'auth_key is missing: an auth_type of "{BEARER}" needs it beside auth_user_name and '
            "auth_password; all three are shown with the App Authorization"
        )
    elif settings.auth_type == BASIC and ":" in settings.auth_user_name:
        yield "auth_user_name holds a colon, which HTTP Basic cannot say"
    for name in _ABOVE_ZERO:
        if not getattr(settings, name) > 0:
            yield f"{name} is {getattr(settings, name)}, it must be above 0"
    if settings.lookback_days < 0:
        yield f"lookback_days is {settings.lookback_days}, it must be 0 or above"
    try:
        settings.first_day()
    except ValueError:
        yield f'history_since is {settings.history_since!r}: it is a day like "2000-01-01"'
    try:
        settings.operators()
    except Unspeakable as error:
        yield f"operator_between, operator_since, operator_exact: {error}"
