"""What a test may do to Cleo's mailbox besides what all sandboxes offer."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sources._sandbox.process import RunningSandbox

VENDOR = "cleo"
Control = Callable[[str, str, Mapping[str, Any] | None], Any]


class MailboxControls:
    """The controls of Cleo's mailbox; see `sources.cleo.sandbox.controls`."""

    def __init__(self, control: Control) -> None:
        self._control = control

    @classmethod
    def of(cls, sandbox: RunningSandbox) -> MailboxControls:
        """Those of a sandbox that runs."""
        return cls(lambda method, path, order: sandbox.control(VENDOR, method, path, order))

    def put(
        self,
        name: str,
        content: bytes,
        *,
        folder: str = "download",
        modified: datetime | str | None = None,
        documents: int | None = None,
        id: str | None = None,  # noqa: A002  # as the control calls it
    ) -> str:
        """Puts a file into a folder, made where it is missing; its id.

        Args:
            name: of the file; one of that name there gives way, unless `id` is given.
            content: its bytes.
            folder: path below the mailbox, such as `download/x`.
            modified: when it was changed last, with an offset; None is now.
            documents: how many the books count in it; None is as many as it seems to hold.
            id: of the file that is to have this content, name and folder; None makes a new one.
        """
        order: dict[str, Any] = {
            "folder": folder,
            "name": name,
            "content_base64": base64.b64encode(content).decode(),
        }
        if modified is not None:
            order["modified"] = modified if isinstance(modified, str) else modified.isoformat()
        if documents is not None:
            order["documents"] = documents
        if id is not None:
            order["id"] = id
        key: str = self._control("POST", "/put", order)["id"]
        return key

    def remove(self, id: str) -> None:  # noqa: A002  # as the control calls it
        """Takes a file away."""
        self._control("POST", "/remove", {"id": id})

    def uploads(self) -> list[dict[str, Any]]:
        """Every upload that was taken in, oldest first: id, name, length, sha256, listed."""
        found: list[dict[str, Any]] = self._control("GET", "/uploads", None)
        return found

    def counts(self) -> dict[str, int]:
        """How many uploads were taken in, by name."""
        return dict(Counter(upload["name"] for upload in self.uploads()))

    def contents(self, name: str) -> list[bytes]:
        """The bytes of the uploads of a name, oldest first."""
        told = self._control("GET", f"/uploads/content?{urlencode({'name': name})}", None)
        assert told["count"] == len(told["contents"])
        return [base64.b64decode(text) for text in told["contents"]]
