"""The settings of one CIMcloud site."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar, Final

from dlt.common.configuration.specs import configspec
from dlt.common.typing import TSecretStrValue

from sources._http.objection import Objection, Unusable, not_above, shown
from sources._http.settings import WireSettings
from sources._vendor import ConnectionSettings
from sources.cimcloud.guard import forbidden
from sources.cimcloud.resources import tables_of
from sources.cimcloud.search import Operators, Unspeakable

BEARER: Final = "bearer"
BASIC: Final = "basic"
PAGE_ROWS: Final = 50  # at most [P]
_SITE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_ABOVE_ZERO: Final[dict[str, float]] = {
    "calls_per_second": 2,
    "calls_per_quarter_hour": 100,
    "slice_pages": 8,
    "page_rows": PAGE_ROWS,
    "max_pages": 20_000,
}


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

    examples: ClassVar[Mapping[str, str]] = {"site": 'site = "acme"'}

    def objections(self) -> Iterator[Objection]:
        """All that cannot be used."""
        for objection in super().objections():
            # the site is a part of the address, and told of below
            if objection.setting != "base_url" or _SITE.fullmatch(self.site):
                yield objection
        yield from _objections(self)

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


def _objections(settings: CimcloudSettings) -> Iterator[Objection]:
    if not _SITE.fullmatch(settings.site):
        message = (
            f"is {shown(settings.site)}: it is one name of letters, digits, - and _, "
            "such as the last part of https://api.cimcloud.com/acme"
        )
        yield Objection("site", message, 'site = "acme"')
    for name, example in (("base_url", "https://api.cimcloud.com"), ("site", "acme")):
        if why := forbidden(getattr(settings, name)):
            yield Objection(name, f"cannot be used: {why}", f'{name} = "{example}"')
    yield from _login(settings)
    yield from not_above(settings, _ABOVE_ZERO)
    if settings.lookback_days < 0:
        message = f"is {settings.lookback_days}, it must be 0 or above"
        yield Objection("lookback_days", message, "lookback_days = 2")
    try:
        settings.first_day()
    except ValueError:
        message = f"is {shown(settings.history_since)}: it is a day"
        yield Objection("history_since", message, 'history_since = "2000-01-01"')
    yield from _operators(settings)
    try:
        tables_of(settings)
    except Unusable as error:
        yield from error.objections


def _login(settings: CimcloudSettings) -> Iterator[Objection]:
    if settings.auth_type not in (BEARER, BASIC):
        message = f'is {shown(settings.auth_type)}: it is "{BEARER}" or "{BASIC}"'
        yield Objection("auth_type", message, f'auth_type = "{BEARER}"')
    elif settings.auth_type == BEARER and not settings.auth_key:
        message = (
            f'is missing: an auth_type of "{BEARER}" needs it beside auth_user_name and '
            "auth_password; all three are shown with the App Authorization"
        )
        yield Objection("auth_key", message, 'auth_key = "..."')
    elif settings.auth_type == BASIC and ":" in settings.auth_user_name:
        message = "holds a colon, which HTTP Basic cannot say"
        yield Objection("auth_user_name", message, 'auth_user_name = "..."')


def _operators(settings: CimcloudSettings) -> Iterator[Objection]:
    for name in ("between", "since", "exact"):
        setting = f"operator_{name}"
        try:
            Operators(**{name: getattr(settings, setting)})
        except Unspeakable as error:
            yield Objection(setting, f"{error}", f'{setting} = "{getattr(Operators, name)}"')
