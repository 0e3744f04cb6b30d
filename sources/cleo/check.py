"""`penstock check`: the login, both folders, and what may be done in them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from sources._http.client import Client
from sources._http.errors import OutOfTime, PenstockError
from sources._vendor import Finding
from sources.cleo import mailbox
from sources.cleo.folders import Folder, Folders, is_file
from sources.cleo.settings import CleoSettings
from sources.cleo.tables import DOCUMENTS, FILES

DOWNLOAD: Final = "download"
UPLOAD: Final = "upload"


async def check(client: Client, settings: CleoSettings) -> AsyncIterator[Finding]:
    """Looks at each folder; nothing is fetched, sent or changed.

    Raises:
        OutOfTime: the run is over before all is looked at.
    """
    folders = Folders(client, settings)
    download = await _found(folders, settings.download_folder, FILES.name)
    yield download if isinstance(download, Finding) else _may(download, DOWNLOAD, FILES.name)
    if isinstance(download, Folder):
        yield await _readable(folders, download)
    upload = await _found(folders, settings.upload_folder, "")
    yield upload if isinstance(upload, Finding) else _may(upload, UPLOAD, "")
    if isinstance(upload, Folder):
        yield await _listable(client, settings)


async def _found(folders: Folders, name: str, table: str) -> Folder | Finding:
    try:
        return await folders.find(name)
    except OutOfTime:
        raise
    except PenstockError as error:
        return Finding(table, False, error.message)


def _may(folder: Folder, what: str, table: str) -> Finding:
    """Whether the folder grants what it is for; a folder that says nothing may well grant it."""
    if not folder.permissions:
        return Finding(table, True, f"{folder.path}: found; it says nothing of permissions")
    granted = ", ".join(sorted(folder.permissions))
    if what in folder.permissions:
        return Finding(table, True, f"{folder.path}: found, and grants {granted}")
    return Finding(
        table,
        False,
        f"{folder.path} grants {granted}, and not {what}: ask whoever administers the mailbox",
    )


async def _readable(folders: Folders, folder: Folder) -> Finding:
    count = size = 0
    try:
        async for _, listed in folders.below(folder):
            for entry in listed.entries:
                length = entry.get("length")
                count += is_file(entry)
                size += length if is_file(entry) and isinstance(length, int) else 0
    except OutOfTime:
        raise
    except PenstockError as error:
        return Finding(DOCUMENTS.name, False, error.message)
    return Finding(DOCUMENTS.name, True, f"{count:,} files to be read, {size:,} bytes in all")


async def _listable(client: Client, settings: CleoSettings) -> Finding:
    try:
        seen = await mailbox.look(client, settings)
    except OutOfTime:
        raise
    except PenstockError as error:
        return Finding("", False, error.message)
    if seen.files is None:
        said = f"{seen.note}: a delivery is proven by the vendor's answer alone"
        return Finding("", True, said)
    return Finding("", True, f"{seen.note}: deliveries are looked for there")
