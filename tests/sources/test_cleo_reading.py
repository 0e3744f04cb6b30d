"""A reading of a mailbox on loopback: odd entries, and what is archived of a long list."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from sources._http.answer import utc_now
from sources._http.errors import PenstockError
from sources._reading.marks import LIVE, Mark, Reading, Trouble
from sources._tables.page import Page
from sources.cleo.reading import read
from tests.sources.cleo_loopback import Mailbox, client_of, file, folder, settings_of
from tests.sources.http_loopback import Server

CONTENT = b'[{"type": "850"}]'


def reading_of(mailbox: Mailbox, *entries: dict[str, Any]) -> list[Any]:
    """All that comes of a first reading; an error is its last item."""
    mailbox.lists |= {"": [folder("home")], "id-home": [folder("download")]}
    mailbox.lists["id-download"] = list(entries)
    mailbox.contents |= {e["id"]: CONTENT for e in entries if isinstance(e.get("id"), str)}

    async def go() -> list[Any]:
        items: list[Any] = []
        async with Server(mailbox) as server:
            settings = settings_of(server)
            async with client_of(settings) as client:
                try:
                    reading = Reading(tables=("files", "documents"), clock=utc_now)
                    async for item in read(client, settings, reading):
                        items.append(item)
                except PenstockError as error:
                    items.append(error)
        return items

    return asyncio.run(go())


def rows(items: list[Any], table: str) -> list[dict[str, Any]]:
    pages = [item for item in items if isinstance(item, Page) and item.table == table]
    return [row for page in pages for row in json.loads(page.read_as or b"[]")]


def whole(items: list[Any]) -> set[str]:
    """The tables that are said to be whole."""
    marks = [item for item in items if isinstance(item, Mark) and item.stream == LIVE]
    return {mark.table for mark in marks if mark.coverage and mark.coverage.share == 1}


def test_one_odd_entry_is_a_row_for_quarantine() -> None:
    good, nameless, without_id = file("a", CONTENT), file("b", CONTENT), file("c", CONTENT)
    del nameless["name"], without_id["id"]
    items = reading_of(Mailbox(), good, nameless, without_id)
    assert [(row["id"], row["name"]) for row in rows(items, "files")] == [
        ("id-a", "a"),
        ("id-b", None),
        (None, "c"),
    ]
    assert {row["file_id"] for row in rows(items, "documents")} == {"id-a", "id-b"}
    assert whole(items) == {"files", "documents"}


def test_a_field_that_all_lack_is_the_vendors_new_shape() -> None:
    entries = [file(name, CONTENT) for name in "ab"]
    for entry in entries:
        entry["title"] = entry.pop("name")
    assert all("name" not in row for row in rows(reading_of(Mailbox(), *entries), "files"))


def test_a_long_list_is_archived_once() -> None:
    entries = [file(f"f{n}", CONTENT) for n in range(90)]
    items = reading_of(Mailbox(), *entries)
    pages = [item for item in items if isinstance(item, Page) and item.table == "files"]
    assert len(pages) == 4
    sizes = [len(page.body) for page in pages]
    assert json.loads(pages[0].body)["totalResults"] == 90
    assert sum(sizes[1:]) < sizes[0]
    held = [entry["id"] for page in pages[1:] for entry in json.loads(page.body)]
    assert len(held) == 65


def test_a_list_that_shows_less_than_it_counts_leaves_nothing_whole() -> None:
    items = reading_of(Mailbox(total=9), file("a", CONTENT))
    assert [row["id"] for row in rows(items, "files")] == ["id-a"]
    assert isinstance(items[-1], PenstockError)
    assert "cleo.files" not in str(items[-1])
    assert items[-1].table == "files"
    assert whole(items) == set()


def test_files_that_are_gone_are_no_trouble() -> None:
    """Listed, and taken out before they were fetched."""
    mailbox, entry = Mailbox(), file("a", CONTENT)
    asked: list[int] = []

    def script(request: Any) -> Any:
        if "id-download" in request.target:
            asked.append(1)
            mailbox.lists["id-download"] = [entry] if len(asked) == 1 else []
        mailbox.contents.clear()
        return mailbox(request)

    async def go() -> list[Any]:
        mailbox.lists |= {"": [folder("home")], "id-home": [folder("download")]}
        async with Server(script) as server:
            settings = settings_of(server)
            async with client_of(settings) as client:
                reading = Reading(tables=("files", "documents"), clock=utc_now)
                return [item async for item in read(client, settings, reading)]

    items = asyncio.run(go())
    assert not [item for item in items if isinstance(item, Trouble | Page)]
    assert whole(items) == {"files", "documents"}
