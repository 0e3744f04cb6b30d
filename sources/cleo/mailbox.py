"""Files from us: sent to the upload folder, and looked for there.

The answer to an upload is 201 with length 0 and 1970, which proves nothing of the content [S]; the
folder is looked at afterwards, where it may be listed [A]. It grants `upload` alone, and what
arrives is processed and routed by the platform, so a file may be gone again [S].
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from sources._http.client import Client
from sources._http.errors import Drifted, Misconfigured, Refused, Rejected, Retryable
from sources._vendor import Mailbox, Seen, Sent
from sources.cleo.folders import Folders
from sources.cleo.settings import CleoSettings

_BYTES: Final = "application/octet-stream"
_HIDDEN: Final = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)


async def send(client: Client, settings: CleoSettings, name: str, content: bytes) -> Sent:
    """Sends one file, once.

    Args:
        client: an open one.
        settings: of the mailbox.
        name: a plain file name in ASCII.
        content: all of it.

    Raises:
        ValueError: the name is none that a header can carry.
        Retryable: with `maybe_done` where it may have arrived.
        PenstockError: whatever else the client raises; nothing arrived.
    """
    if not name.isascii() or not name.isprintable() or set(name) & set('";\\/ '):
        raise ValueError(f"{name!r} is no plain file name")
    folder = await Folders(client, settings).find(settings.upload_folder)
    path = settings.upload_path.format(id=quote(folder.id, safe=""))
    headers = {"Content-Type": _BYTES, "Content-Disposition": f"attachment;filename={name}"}
    try:
        answer = await client.send(
            path, content=content, headers=headers, tolerate=(HTTPStatus.CONFLICT,)
        )
    except Rejected:
        raise
    except (Drifted, Misconfigured) as error:
        # an answer in a shape that nobody knows may stand for anything
        raise Retryable(error.message, status=error.status, maybe_done=True) from None
    if answer.status == HTTPStatus.CONFLICT:
        return Sent(False, "the mailbox has a file of that name already")
    if answer.status != HTTPStatus.CREATED and not _is_object(answer.body):
        raise Retryable(
            f"POST {answer.url} answered {answer.status} and no JSON: that is no mailbox's answer",
            status=answer.status,
            maybe_done=True,
        )
    return Sent(True, f"the mailbox answered {answer.status}")


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


async def look(client: Client, settings: CleoSettings) -> Seen:
    """The files of the upload folder.

    Raises:
        PenstockError: whatever the client raises, but for a list that is not granted.
    """
    folders = Folders(client, settings)
    folder = await folders.find(settings.upload_folder)
    try:
        entries = await folders.files(folder)
    except (Refused, Rejected) as error:
        if error.status not in _HIDDEN:
            raise
        return Seen(None, f"{folder.path} may not be listed ({error.status})")
    found: dict[str, int] = {}
    for entry in entries:
        name, length = entry.get("name"), entry.get("length")
        if isinstance(name, str):
            found[name.strip()] = length if isinstance(length, int) and length > 0 else 0
    return Seen(found, f"{folder.path} lists {len(found)} files")


MAILBOX: Final = Mailbox(send=send, look=look, keeps_files=lambda settings: settings.upload_keeps)
