"""The page of a file's content, and the documents that are in it: now, or once more later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sources._tables.page import Page
from sources.cleo.parsing import Parsed, Unreadable, parse
from sources.cleo.tables import DOCUMENTS

_FILE_ID, _FILE, _BEFORE = "file_id", "file", "documents_before"
_ASKED: Final = frozenset({_FILE_ID, _FILE, _BEFORE})


def raw_page(
    body: bytes,
    received_at: datetime,
    request: str,
    *,
    file_id: str,
    shown: str,
    documents_before: int,
) -> Page:
    """A file's content, with what is to be known of it to read it once more.

    Args:
        body: the file's bytes.
        received_at: when they had come (UTC).
        request: method and path.
        file_id: the vendor's id of the file.
        shown: its folder and name, for people.
        documents_before: how many documents its last content had that could be read.
    """
    return Page(
        table=DOCUMENTS.name,
        body=body,
        received_at=received_at,
        request=request,
        is_reread=True,
        asked=((_FILE_ID, file_id), (_FILE, shown), (_BEFORE, str(documents_before))),
    )


def with_documents(page: Page, parsed: Parsed | None, reason: str) -> Page:
    """A file's page with the documents that were found in it, or why none could be.

    A place in the file that has no document any more is withdrawn.
    """
    asked = dict(page.asked)
    rows: list[Mapping[str, Any]] = []
    if parsed is not None:
        who = {"file_id": asked[_FILE_ID], "is_withdrawn": False}
        rows = [{**document, **who} for document in parsed.documents]
        rows += [
            {"file_id": asked[_FILE_ID], "position": place, "is_withdrawn": True}
            for place in range(len(rows) + 1, int(asked[_BEFORE]) + 1)
        ]
    return replace(
        page,
        read_as=json.dumps(rows).encode(),
        unreadable=f"{asked[_FILE]}: {reason}" if reason else "",
    )


def reread(page: Page) -> Page:
    """An archived file's page, with the documents that are found in it today.

    Raises:
        ValueError: the page does not say which file it is.
    """
    if not dict(page.asked).keys() >= _ASKED:
        raise ValueError("it does not say which file it is")
    try:
        return with_documents(page, parse(page.body), "")
    except Unreadable as error:
        return with_documents(page, None, str(error))
