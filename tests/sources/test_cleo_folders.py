"""Folders are found by name or subspace and listed whole, however the mailbox pages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources._http.errors import Drifted, Misconfigured, PenstockError, Retryable
from sources._vendor import Seen, Sent
from sources.cleo import mailbox as ours
from sources.cleo.check import check
from sources.cleo.folders import Folder, Folders, Short, id_of
from tests.sources.cleo_loopback import Mailbox, client_of, file, folder, settings_of
from tests.sources.http_loopback import LOST, Reply, Server, reply

HOME = folder("acme ")
DOWNLOAD = folder("download", "download", subspace="download")
UPLOAD = folder("upload", "upload", subspace="upload")


def talk(mailbox: Mailbox, what: Callable[..., Awaitable[Any]], **said: Any) -> Any:
    """What comes of talking to a mailbox: (client, settings); an error is handed back."""

    async def go() -> Any:
        async with Server(mailbox) as server:
            settings = settings_of(server, **said)
            async with client_of(settings) as client:
                try:
                    return await what(client, settings)
                except PenstockError as error:
                    return error

    return asyncio.run(go())


def find(mailbox: Mailbox, name: str) -> Any:
    return talk(mailbox, lambda client, settings: Folders(client, settings).find(name))


def below(mailbox: Mailbox, **said: Any) -> Any:
    """The names of all files below the download folder, with their folders."""

    async def go(client: Any, settings: Any) -> list[tuple[str, str]]:
        folders = Folders(client, settings)
        top = await folders.find("download")
        return [
            (here.path, entry["name"])
            async for here, listed in folders.below(top)
            for entry in listed.entries
            if entry["type"] == "file"
        ]

    return talk(mailbox, go, **said)


def usual(*files: dict[str, Any], **more: Any) -> Mailbox:
    lists = {"": [HOME], "id-acme ": [DOWNLOAD, UPLOAD], "id-download": list(files)}
    return Mailbox(lists={**lists, "id-upload": []}, **more)


@pytest.mark.parametrize("name", ["download", "DOWNLOAD ", "acme"])
def test_a_folder_is_found(name: str) -> None:
    found = find(usual(), name)
    wanted = HOME if name == "acme" else DOWNLOAD
    assert found.id == wanted["id"]
    assert found.path == "acme" if name == "acme" else "acme/download"
    assert found.permissions == frozenset(wanted["permissions"])


def test_the_subspace_counts_before_the_name() -> None:
    renamed = {**folder("für uns", subspace="download"), "id": "other"}
    mailbox = usual()
    mailbox.lists["id-acme "] = [{**DOWNLOAD, "subspace": "x"}, renamed]
    assert find(mailbox, "download").path == "acme/für uns"


def test_a_folder_that_is_not_there_is_told_with_those_that_are() -> None:
    error = find(usual(), "inbox")
    assert isinstance(error, Misconfigured)
    assert "no folder 'inbox'; the mailbox shows acme, acme/download, acme/upload" in str(error)
    assert "may this user see it" in str(find(Mailbox(lists={"": []}), "inbox"))


def test_two_folders_of_one_name_are_not_guessed_between() -> None:
    mailbox = usual()
    mailbox.lists[""] = [HOME, folder("other")]
    mailbox.lists["id-other"] = [{**DOWNLOAD, "id": "second"}]
    error = find(mailbox, "download")
    assert isinstance(error, Misconfigured)
    assert "acme/download, other/download" in str(error)


@settings(max_examples=25, deadline=None)
@given(count=st.integers(0, 30), most=st.integers(0, 12), size=st.integers(1, 12))
def test_a_list_is_read_whole_however_it_pages(count: int, most: int, size: int) -> None:
    """`most` 0 is a mailbox that ignores both parameters."""
    files = [file(f"f{n}", b"x") for n in range(count)]
    found = below(usual(*files, most=most), page_size=size)
    assert found == [("acme/download", f"f{n}") for n in range(count)]


@pytest.mark.parametrize("total", [None, "12", -1, True], ids=repr)
def test_a_total_that_is_no_count_costs_no_row(total: object) -> None:
    files = [file(f"f{n}", b"x") for n in range(12)]
    assert len(below(usual(*files, most=5, total=total))) == 12


@pytest.mark.parametrize("ignores", [True, False], ids=["the same page again", "no more pages"])
def test_a_list_that_counts_more_than_it_shows_is_told(ignores: bool) -> None:
    """After all that it shows was read: of the other folders too."""
    files = [file(f"f{n}", b"x") for n in range(12)]
    mailbox = usual(*files, folder("archive"), most=0 if ignores else 100, total=99)
    mailbox.lists["id-archive"] = [file("old", b"y")]
    seen: list[str] = []

    async def go(client: Any, settings: Any) -> None:
        folders = Folders(client, settings)
        async for _, listed in folders.below(Folder("id-download", "d")):
            seen.extend(entry["name"] for entry in listed.entries)

    error = talk(mailbox, go)
    assert isinstance(error, Short)
    assert "counts 99 entries and shows" in str(error)
    assert {f"f{n}" for n in range(12)} | {"archive", "old"} == set(seen)
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("odd", ["", ".", "..", None, 7, "\ud800"], ids=repr)
def test_an_id_that_no_path_can_carry_is_none(odd: object) -> None:
    entry = {**folder("x"), "id": odd}
    assert id_of(entry) is None
    assert below(usual(entry, file("f", b"x"))) == [("acme/download", "f")]


def test_subfolders_are_read_and_circles_end() -> None:
    inner = folder("archive 2023")
    mailbox = usual(file("same", b"1"), inner, DOWNLOAD)
    mailbox.lists["id-archive 2023"] = [{**file("same", b"2"), "id": "another"}, inner]
    assert below(mailbox) == [
        ("acme/download", "same"),
        ("acme/download/archive 2023", "same"),
    ]


@pytest.mark.parametrize(
    "body", [b"[1]", b'{"resources": 7}', b'{"resources": [7]}', b"{}", b'{"totalResults": 1}']
)
def test_an_answer_that_is_no_list_is_drift(body: bytes) -> None:
    mailbox = usual()

    def script(request: Any) -> Reply:
        answer = mailbox(request)
        return reply(body=body) if "id-download" in request.target else answer

    async def go() -> object:
        async with Server(script) as server:
            settings = settings_of(server)
            async with client_of(settings) as client:
                folders = Folders(client, settings)
                here = Folder("id-download", "x")
                return [item async for item in folders.below(here)]

    with pytest.raises(Drifted, match=r"resources|JSON"):
        asyncio.run(go())


def send(mailbox: Mailbox, name: str = "a.csv", content: bytes = b"\x00\xff1") -> Any:
    return talk(mailbox, lambda client, settings: ours.send(client, settings, name, content))


def test_a_file_is_sent_once_as_it_is() -> None:
    mailbox = usual()
    assert send(mailbox) == Sent(True, "the mailbox answered 201")
    assert mailbox.uploads == {"a.csv": b"\x00\xff1"}
    assert send(mailbox) == Sent(False, "the mailbox has a file of that name already")
    assert sum(asked.startswith("POST folders/id-upload/files") for asked in mailbox.asked) == 2


def test_what_is_no_answer_to_an_upload_may_stand_for_anything() -> None:
    for odd in (reply(200, b"<html>"), reply(302, b"", {"Location": "/x"}), reply(200, b"[1]")):
        error = send(usual(uploads={"a.csv": odd}))
        assert isinstance(error, Retryable)
        assert error.maybe_done
    assert send(usual(uploads={"a.csv": reply(200, b"{}")})).is_taken


def test_trouble_before_the_upload_says_that_nothing_was_sent() -> None:
    mailbox = usual()

    def script(request: Any) -> Reply:
        answer = mailbox(request)
        return reply(body=b"<html>") if "children" in request.target else answer

    async def go() -> PenstockError:
        async with Server(script) as server:
            settings = settings_of(server)
            async with client_of(settings) as client:
                with pytest.raises(PenstockError) as raised:
                    await ours.send(client, settings, "a.csv", b"x")
                return raised.value

    error = asyncio.run(go())
    assert not getattr(error, "maybe_done", False)
    assert mailbox.uploads == {}


@pytest.mark.parametrize("name", ['a".csv', "a;b", "a/b", "a b", "ä", "a\\b", "a\r\nX: y"])
def test_a_name_that_a_header_cannot_carry_is_not_sent(name: str) -> None:
    mailbox = usual()
    with pytest.raises(ValueError, match="no plain file name"):
        send(mailbox, name)
    assert mailbox.uploads == {}


def test_an_upload_whose_answer_is_lost_is_not_repeated() -> None:
    mailbox = usual(uploads={"a.csv": LOST})
    error = send(mailbox)
    assert isinstance(error, Retryable)
    assert error.maybe_done
    assert sum(asked.startswith("POST") for asked in mailbox.asked) == 1


@pytest.mark.parametrize(
    ("listing", "seen"),
    [
        ([], {}),
        ([file("a.csv", b"12"), {**file("b", b""), "length": None}], {"a.csv": 2, "b": 0}),
        (None, None),
    ],
    ids=["empty", "files", "forbidden"],
)
def test_the_upload_folder_is_looked_at(listing: Any, seen: Any) -> None:
    mailbox = usual()
    if listing is None:
        del mailbox.lists["id-upload"]
    else:
        mailbox.lists["id-upload"] = listing
    found = talk(mailbox, ours.look)
    assert isinstance(found, Seen)
    assert found.files == seen
    assert "acme/upload" in found.note


def findings(mailbox: Mailbox) -> list[tuple[str, bool, str]]:
    async def go(client: Any, settings: Any) -> list[tuple[str, bool, str]]:
        return [(f.table, f.ok, f.message) async for f in check(client, settings)]

    found: list[tuple[str, bool, str]] = talk(mailbox, go)
    return found


def test_check_says_what_may_be_done() -> None:
    assert findings(usual(file("a", b"123"))) == [
        ("files", True, "acme/download: found, and grants download"),
        ("documents", True, "1 files to be read, 3 bytes in all"),
        ("", True, "acme/upload: found, and grants upload"),
        ("", True, "acme/upload lists 0 files: deliveries are looked for there"),
    ]


def test_check_tells_a_missing_permission_and_a_hidden_list() -> None:
    mailbox = usual()
    mailbox.lists["id-acme "] = [{**DOWNLOAD, "permissions": ["upload"]}, UPLOAD]
    del mailbox.lists["id-upload"]
    found = findings(mailbox)
    assert found[0][1:] == (
        False,
        "acme/download grants upload, and not download: ask whoever administers the mailbox",
    )
    assert "may not be listed (403): a delivery is proven by the vendor's answer" in found[3][2]


def test_check_tells_folders_that_are_not_there() -> None:
    found = findings(Mailbox(lists={"": [HOME], "id-acme ": []}))
    assert [(table, ok) for table, ok, _ in found] == [("files", False), ("", False)]
