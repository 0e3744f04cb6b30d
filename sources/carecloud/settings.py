"""The settings of one CareCloud project."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dlt.common.configuration.specs import configspec
from dlt.common.typing import TSecretStrValue

from sources._http.errors import Misconfigured
from sources._http.settings import WireSettings
from sources._vendor import ConnectionSettings
from sources.carecloud.resources import CUSTOMER, ENTERPRISE, INTERFACES, resources_of

AT_ONCE: Final = 8  # where it is refused above that, the lanes find fewer themselves
MOST_AT_ONCE: Final = 64
LOGIN_TYPES: Final = ("email", "phone", "card")
_VERSION: Final = re.compile(r"v[0-9]{1,3}\.[0-9]{1,3}", re.ASCII)
_BEHIND_THE_HOST: Final = re.compile(
    r"/webservice(?:/rest-api(?:/(?P<interface>[a-z]+)-interface(?:/(?P<version>v[0-9.]+))?)?)?/*$"
)
_DEVICE: Final = {"device_id": "penstock", "device_system": "server"}
_SETUP: Final = {"allowed_gps": False, "allowed_notifications": False}


@configspec
class CarecloudSettings(ConnectionSettings):
    """Settings of one project and of the user that reads it.

    Attributes:
        project_url: scheme and host of the project, as in "https://acme.crmcarecloud.com"; with or
            without the path behind it (`/webservice/rest-api/enterprise-interface/v1.0`).
        base_url: the same under the name that every vendor's connection has; one of the two.
        interface: "enterprise" reads the whole project; "customer" logs in as one customer and
            sees that customer's own data.
        api_version: of the API, as in "v1.0": minor versions add fields.
        user_external_application_id: the application that logs in; an administrator creates it.
        login: the user's name; for the customer interface the e-mail address, phone or card.
        password: the user's, or the customer's.
        login_type: what `login` of the customer interface is: "email", "phone" or "card" [P].
        device: what a login to the customer interface says of the device [A: any will do].
        setup: what it says of the application's setup [A: any will do].
        timezone: IANA zone of the project's clock, as in "Europe/Prague": no time comes with an
            offset, so nobody can guess it.
        accept_language: the language of names and descriptions; one for the whole connection.
        page_size: rows asked for at a time.
        overlap_minutes: how far behind the newest change of the last reading the next one goes.
        concurrency: at most so many requests at once; fewer where the vendor refuses that.
        lists_every_hours: how often the small lists are read whole.
        resources: tables that are not read unless it says so (languages, countries, statuses,
            segments, rewards: `rewards = true`), and tables to leave out (`events = false`).
    """

    project_url: str | None = None
    base_url: str | None = None  # type: ignore[assignment]
    interface: str = ENTERPRISE
    api_version: str = "v1.0"
    user_external_application_id: TSecretStrValue = None  # type: ignore[assignment]
    login: TSecretStrValue = None  # type: ignore[assignment]
    password: TSecretStrValue = None  # type: ignore[assignment]
    timezone: str = None  # type: ignore[assignment]
    login_type: str = "email"
    device: dict[str, Any] | None = None
    setup: dict[str, Any] | None = None
    accept_language: str = "cs, en-gb;q=0.8"
    page_size: int = 100
    overlap_minutes: int = 60
    concurrency: int = AT_ONCE
    lists_every_hours: float = 24.0
    resources: dict[str, Any] | None = None

    def on_resolved(self) -> None:
        """Holds the values to what can be used.

        Raises:
            Misconfigured: naming every one that cannot.
        """
        wrong = list(_objections(self))
        if wrong:
            raise Misconfigured("; ".join(wrong))
        resources_of(self.section())

    def section(self) -> dict[str, Any]:
        """What says which tables are read, as it would be written."""
        return {"interface": self.interface, "resources": self.resources or {}}

    def root(self) -> str:
        """Scheme, host and whatever prefix is before the API's own path."""
        said = (self.project_url or self.base_url or "").strip()
        return _BEHIND_THE_HOST.sub("", said).rstrip("/")

    def wire(self) -> WireSettings:
        """How the wire is to be used; interface and version are part of its base.

        Raises:
            Misconfigured: a value cannot be used; names it.
        """
        plain = replace(self, base_url=self.root())
        wire = super(CarecloudSettings, plain).wire()
        path = f"/webservice/rest-api/{self.interface}-interface/{self.api_version}"
        return replace(wire, base_url=f"{wire.base_url}{path}")

    def zone(self) -> ZoneInfo:
        """The project's clock.

        Raises:
            ZoneInfoNotFoundError: there is no such zone.
        """
        return ZoneInfo(self.timezone)

    def overlap(self) -> timedelta:
        """How far behind the newest change of the last reading the next one goes."""
        return timedelta(minutes=self.overlap_minutes)

    def token_request(self) -> dict[str, Any]:
        """What the customer interface is told of the application that logs in."""
        language = self.accept_language.split(",")[0].split(";")[0].split("-")[0].strip()
        return {
            "device": self.device or _DEVICE,
            "setup": self.setup or {"language_id": language, **_SETUP},
            "external_application_id": str(self.user_external_application_id),
        }


def _objections(settings: CarecloudSettings) -> Iterator[str]:
    yield from _address(settings)
    if settings.interface not in INTERFACES:
        yield f'interface is {settings.interface!r}: it is "{ENTERPRISE}" or "{CUSTOMER}"'
    if not _VERSION.fullmatch(settings.api_version):
        yield f'api_version is {settings.api_version!r}: it is a version like "v1.0"'
    if settings.login_type not in LOGIN_TYPES:
        yield f"login_type is {settings.login_type!r}: it is one of {', '.join(LOGIN_TYPES)}"
    if settings.page_size < 2:
        yield f"page_size is {settings.page_size}, it must be 2 or above: pages share a row"
    if settings.overlap_minutes < 0:
        yield f"overlap_minutes is {settings.overlap_minutes}, it must be 0 or above"
    if not 1 <= settings.concurrency <= MOST_AT_ONCE:
        yield f"concurrency is {settings.concurrency}, it must be between 1 and {MOST_AT_ONCE}"
    if not settings.lists_every_hours > 0:
        yield f"lists_every_hours is {settings.lists_every_hours}, it must be above 0"
    if not settings.accept_language.strip():
        yield 'accept_language is blank: it is a language like "en"'
    try:
        settings.zone()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f'timezone is {settings.timezone!r}: it is an IANA zone like "Europe/Prague"'


def _address(settings: CarecloudSettings) -> Iterator[str]:
    said = {
        name: str(value).strip().rstrip("/")
        for name in ("project_url", "base_url")
        if (value := getattr(settings, name))
    }
    if not said:
        yield 'project_url is missing: it is an address like "https://acme.crmcarecloud.com"'
    elif len(set(said.values())) > 1:
        yield "project_url and base_url are two addresses: say one of them"
    for name, address in said.items():
        behind = _BEHIND_THE_HOST.search(address)
        interface = behind["interface"] if behind else None
        version = behind["version"] if behind else None
        if interface not in (None, settings.interface):
            yield (
                f'{name} is of the {interface} interface, and interface is "{settings.interface}": '
                "say the same twice, or leave the path out"
            )
        if version not in (None, settings.api_version):
            yield f'{name} is of {version}, and api_version is "{settings.api_version}"'
