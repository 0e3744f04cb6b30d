"""The settings of one Cleo mailbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from dlt.common.configuration.specs import configspec
from dlt.common.typing import TSecretStrValue

from sources._http.errors import Misconfigured
from sources._http.settings import WireSettings
from sources._vendor import ConnectionSettings

API: Final = "api"
MOST_AT_ONCE: Final = 16
_TENANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_ROUTE = re.compile(r"[A-Za-z0-9_-]+/\{id\}(?:/[A-Za-z0-9_-]+)*")
_PATHS: Final = ("file_path", "content_path", "upload_path")


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

    def on_resolved(self) -> None:
        """Holds the values to what can be used.

        Raises:
            Misconfigured: naming every one that cannot.
        """
        wrong = list(_objections(self))
        if wrong:
            raise Misconfigured("; ".join(wrong))

    def wire(self) -> WireSettings:
        """How the wire is to be used; `/api` is part of its base.

        Raises:
            Misconfigured: a value cannot be used; names it.
        """
        base = (self.base_url or f"https://{self.tenant}.cleointegration.com").strip().rstrip("/")
        base = base if base.endswith(f"/{API}") else f"{base}/{API}"
        return super(CleoSettings, replace(self, base_url=base)).wire()


def _objections(settings: CleoSettings) -> Iterator[str]:
    if bool(settings.tenant) == bool(settings.base_url):
        yield 'say one of the two: tenant, like "acme", or base_url'
    elif settings.tenant and not _TENANT.fullmatch(settings.tenant):
        yield f'tenant is {settings.tenant!r}: it is the first part of the address, like "acme"'
    for name in ("download_folder", "upload_folder"):
        if not getattr(settings, name).strip():
            yield f"{name} is blank"
    if settings.page_size < 1:
        yield f"page_size is {settings.page_size}, it must be 1 or above"
    if settings.max_file_bytes < 1:
        yield f"max_file_bytes is {settings.max_file_bytes}, it must be 1 or above"
    if not 1 <= settings.concurrency <= MOST_AT_ONCE:
        yield f"concurrency is {settings.concurrency}, it must be between 1 and {MOST_AT_ONCE}"
    for name in _PATHS:
        if not _ROUTE.fullmatch(getattr(settings, name)):
            yield f'{name} is {getattr(settings, name)!r}: it is a route like "files/{{id}}"'
