"""The settings of one CareCloud project."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from dlt.common.configuration.specs import configspec
from dlt.common.typing import TSecretStrValue

from sources._http.objection import Objection, Unusable, not_above, shown
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
_ADDRESS: Final = 'project_url = "https://acme.crmcarecloud.com"'
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

    examples: ClassVar[Mapping[str, str]] = {"timezone": 'timezone = "Europe/Prague"'}

    def objections(self) -> Iterator[Objection]:
        """All that cannot be used."""
        for objection in super().objections():
            # whichever of the two names the address is said under
            is_address = objection.setting == "base_url"
            if not is_address:
                yield objection
            elif self.project_url:
                yield replace(objection, setting="project_url", example=_ADDRESS)
            elif self.base_url:
                yield objection
        yield from _objections(self)

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


def _objections(settings: CarecloudSettings) -> Iterator[Objection]:
    yield from _address(settings)
    if settings.interface not in INTERFACES:
        message = f'is {shown(settings.interface)}: it is "{ENTERPRISE}" or "{CUSTOMER}"'
        yield Objection("interface", message, f'interface = "{ENTERPRISE}"')
    if not _VERSION.fullmatch(settings.api_version):
        message = f"is {shown(settings.api_version)}: it is a version"
        yield Objection("api_version", message, 'api_version = "v1.0"')
    if settings.login_type not in LOGIN_TYPES:
        message = f"is {shown(settings.login_type)}: it is one of {', '.join(LOGIN_TYPES)}"
        yield Objection("login_type", message, 'login_type = "email"')
    if settings.page_size < 2:
        message = f"is {settings.page_size}, it must be 2 or above: pages share a row"
        yield Objection("page_size", message, "page_size = 100")
    if settings.overlap_minutes < 0:
        message = f"is {settings.overlap_minutes}, it must be 0 or above"
        yield Objection("overlap_minutes", message, "overlap_minutes = 60")
    if not 1 <= settings.concurrency <= MOST_AT_ONCE:
        message = f"is {settings.concurrency}, it must be between 1 and {MOST_AT_ONCE}"
        yield Objection("concurrency", message, f"concurrency = {AT_ONCE}")
    yield from not_above(settings, {"lists_every_hours": 24})
    if not settings.accept_language.strip():
        message = "is blank: it is a language"
        yield Objection("accept_language", message, 'accept_language = "en"')
    try:
        resources_of(settings.section())
    except Unusable as error:
        yield from error.objections


def _address(settings: CarecloudSettings) -> Iterator[Objection]:
    said = {
        name: str(value).strip().rstrip("/")
        for name in ("project_url", "base_url")
        if (value := getattr(settings, name))
    }
    if not said:
        yield Objection("project_url", "is missing: it is an address", _ADDRESS)
    elif len(set(said.values())) > 1:
        message = "are two addresses: say one of them"
        yield Objection("project_url", message, _ADDRESS, also=("base_url",))
    for name, address in said.items():
        behind = _BEHIND_THE_HOST.search(address)
        interface = behind["interface"] if behind else None
        version = behind["version"] if behind else None
        example = _ADDRESS if name == "project_url" else _ADDRESS.replace("project", "base")
        if interface not in (None, settings.interface):
            message = (
                f'is of the {interface} interface, and interface is "{settings.interface}": '
                "say the same twice, or leave the path out"
            )
            yield Objection(name, message, example)
        if version not in (None, settings.api_version):
            message = f'is of {version}, and api_version is "{settings.api_version}"'
            yield Objection(name, message, example)
