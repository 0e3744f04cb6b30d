"""The settings of one Cleo mailbox."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar, Final

from dlt.common.configuration.specs import configspec
from dlt.common.typing import TSecretStrValue

from sources._http.objection import Objection, not_above, shown
from sources._http.settings import WireSettings
from sources._vendor import ConnectionSettings

API: Final = "api"
MOST_AT_ONCE: Final = 16
_TENANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_ROUTE = re.compile(r"[A-Za-z0-9_-]+/\{id\}(?:/[A-Za-z0-9_-]+)*")
_PATHS: Final = {
    "file_path": "files/{id}",
    "content_path": "files/{id}/content",
    "upload_path": "folders/{id}/files",
}


@configspec
class CleoSettings(ConnectionSettings):
    """Settings of one mailbox of Cleo Integration Cloud.

    Attributes:
        tenant: the first part of https://acme.cleointegration.com [S].
        base_url: the whole address instead; `/api` is put behind it unless it is there [S].
        username: of a user of the mailbox [S].
        password: of that user [S].
        download_folder: where documents for us are, by name or by subspace [S].
        upload_folder: where documents from us go [S].
        max_file_bytes: a larger file is listed and never fetched. X12 takes some forty times its
            size in memory while it is read.
        page_size: entries of a folder to ask for at a time.
        concurrency: at most so many files fetched at once [A].
        file_path: where a file is fetched [A].
        content_path: where its content is, should the first answer with metadata [A].
        upload_path: where a file is sent: the text's route; the printed command says `/file` [S].
        upload_keeps: whether files that were sent stay listed until somebody fetches them. Only
            then does a list without a file prove that it never arrived.
    """

    base_url: str | None = None  # type: ignore[assignment]
    tenant: str | None = None
    username: str = None  # type: ignore[assignment]  # dlt: None marks a required setting
    password: TSecretStrValue = None  # type: ignore[assignment]
    download_folder: str = "download"
    upload_folder: str = "upload"
    max_file_bytes: int = 50_000_000
    page_size: int = 100
    concurrency: int = 4
    file_path: str = "files/{id}"
    content_path: str = "files/{id}/content"
    upload_path: str = "folders/{id}/files"
    upload_keeps: bool | None = None

    examples: ClassVar[Mapping[str, str]] = {
        "tenant": 'tenant = "acme"',
        "username": 'username = "penstock"',
    }

    def objections(self) -> Iterator[Objection]:
        """All that cannot be used."""
        yield from super().objections()
        yield from _objections(self)

    def wire(self) -> WireSettings:
        """How the wire is to be used; `/api` is part of its base.

        Raises:
            Misconfigured: a value cannot be used; names it.
        """
        base = (self.base_url or f"https://{self.tenant}.cleointegration.com").strip().rstrip("/")
        base = base if base.endswith(f"/{API}") else f"{base}/{API}"
        return super(CleoSettings, replace(self, base_url=base)).wire()


def _objections(settings: CleoSettings) -> Iterator[Objection]:
    if bool(settings.tenant) == bool(settings.base_url):
        message = "are two addresses" if settings.tenant else "are missing"
        message = f"{message}: say one of the two"
        yield Objection("tenant", message, 'tenant = "acme"', also=("base_url",))
    elif settings.tenant and not _TENANT.fullmatch(settings.tenant):
        message = f"is {shown(settings.tenant)}: it is the first part of the address"
        yield Objection("tenant", message, 'tenant = "acme"')
    for name, folder in (("download_folder", "download"), ("upload_folder", "upload")):
        if not getattr(settings, name).strip():
            yield Objection(name, "is blank", f'{name} = "{folder}"')
    yield from not_above(settings, {"page_size": 100, "max_file_bytes": 50_000_000})
    if not 1 <= settings.concurrency <= MOST_AT_ONCE:
        message = f"is {settings.concurrency}, it must be between 1 and {MOST_AT_ONCE}"
        yield Objection("concurrency", message, "concurrency = 4")
    for name, route in _PATHS.items():
        if not _ROUTE.fullmatch(getattr(settings, name)):
            message = f"is {shown(getattr(settings, name))}: it is a route with the file's {{id}}"
            yield Objection(name, message, f'{name} = "{route}"')
