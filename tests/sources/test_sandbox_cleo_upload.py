"""What is sent to Cleo's mailbox: how it is answered, listed, taken away and kept in the books."""

from __future__ import annotations

import hashlib
import http.client
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sources.cleo_mailbox import VENDOR
from tests.sources.sandbox_cleo_wire import Caller, calling, site

YEAR_1970 = "1970-01-01T00:00:00.000Z"
KEYS = (  # of the sample of an upload's answer
    "space",
    "subspace",
    "id",
    "parentId",
    "name",
    "length",
    "path",
    "permissions",
    "systemProtected",
    "_links",
    "meta",
)
NAMES = st.text(  # what can be in a header, but for the ends, which are not told from blanks
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters="/\\"),
    min_size=1,
    max_size=20,
)


@pytest.fixture(scope="module")
def running() -> Iterator[Caller]:
    with site() as caller:
        yield caller


@pytest.fixture
def caller(running: Caller) -> Iterator[Caller]:
    """A caller of a mailbox that several tests share: each sends files of its own names."""
    with calling(running.sandbox) as caller:
        yield caller
    running.sandbox.clear_faults()


def _listed(caller: Caller) -> dict[str, tuple[int, str]]:
    rows = caller.files("upload")
    return {row["name"]: (row["length"], row["meta"]["lastModified"]) for row in rows}


def test_an_upload_is_answered_as_the_sample_is(caller: Caller) -> None:
    root, folder = caller.root(), caller.folder("upload")

    answer = caller.upload("orders.csv", b"a,b\n1,2\n")

    told = answer.json()
    assert answer.status == 201
    assert tuple(told) == KEYS
    assert (told["length"], told["meta"]) == (0, {"lastModified": YEAR_1970})
    assert (told["name"], told["subspace"]) == ("orders.csv", "upload")
    assert told["parentId"] == folder["id"]
    assert told["path"] == [
        {**root["_links"]["self"], "id": root["id"], "name": f"{root['name']} "},
        {**folder["_links"]["self"], "id": folder["id"], "name": "upload"},
    ]
    assert told["permissions"] == ["overwrite", "delete"]
    assert told["_links"] == {
        "self": {"href": f"/api/files/{told['id']}"},
        "parent": folder["_links"]["self"],
    }
    assert len(told["id"]) == 128


def test_an_upload_is_in_transit_until_a_list_has_shown_it(caller: Caller) -> None:
    caller.upload("transit.csv", b"12345")
    assert _listed(caller)["transit.csv"] == (0, YEAR_1970)
    assert _listed(caller)["transit.csv"] == (5, "2024-01-08T13:00:00.000Z")
    assert _listed(caller)["transit.csv"] == (5, "2024-01-08T13:00:00.000Z")


def test_a_name_is_there_once(caller: Caller) -> None:
    assert caller.upload("once.csv", b"1").status == 201
    again = caller.upload("once.csv", b"2")
    assert (again.status, "exists already" in again.said) == (409, True)
    assert caller.mailbox.contents("once.csv") == [b"1"]


def test_the_books_have_every_upload(caller: Caller) -> None:
    content = bytes(range(256))
    caller.upload("book.bin", content)
    (told,) = (each for each in caller.mailbox.uploads() if each["name"] == "book.bin")
    assert told["length"] == 256
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert told["listed"] is True
    assert caller.mailbox.counts()["book.bin"] == 1
    assert caller.mailbox.contents("book.bin") == [content]
    assert caller.mailbox.contents("nothing.bin") == []
    caller.mailbox.remove(told["id"])
    (told,) = (each for each in caller.mailbox.uploads() if each["name"] == "book.bin")
    assert told["listed"] is False


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("attachment;filename=plain.csv", "plain.csv"),
        ("attachment; FileName = spaced.csv ; x=y", "spaced.csv"),
        ('attachment; filename="a \\"quoted\\"; one.csv"', 'a "quoted"; one.csv'),
        ("attachment; filename=\"no.csv\"; filename*=UTF-8''%C3%A9t%C3%A9.csv", "été.csv"),
        ("filename*=iso-8859-1'fr'%E9.csv", "é.csv"),
        ("attachment; filename*=broken; filename=whole.csv", "whole.csv"),
        ('attachment; filename="\u00c3\u00a7.csv"', "ç.csv"),
        ("attachment; filename=\u00e8.csv", "è.csv"),
    ],
    ids=["token", "spaces", "quoted", "extended", "latin", "broken", "utf-8", "latin bytes"],
)
def test_a_name_may_be_written_in_many_ways(caller: Caller, header: str, name: str) -> None:
    answer = caller.upload("", b"1", header=header)
    assert (answer.status, answer.json()["name"]) == (201, name)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=NAMES, is_extended=st.booleans())
def test_any_name_comes_through(caller: Caller, name: str, *, is_extended: bool) -> None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"').encode().decode("latin-1")
    header = f"filename*=UTF-8''{quote(name, safe='')}" if is_extended else f'filename="{quoted}"'
    answer = caller.upload("", b"1", header=f"attachment; {header}")
    if answer.status == 409:  # an earlier example had it
        assert name in caller.mailbox.counts()
    else:
        assert (answer.status, answer.json()["name"]) == (201, name)


@pytest.mark.parametrize("header", ["attachment", "attachment; filename=", "inline; name=x"])
def test_an_upload_without_a_name_is_refused(caller: Caller, header: str) -> None:
    answer = caller.upload("", b"1", header=header)
    assert (answer.status, "names no file" in answer.said) == (400, True)


@pytest.mark.parametrize("name", ["../x.csv", "a/b.csv", "a\\b.csv"])
def test_a_path_is_no_name(caller: Caller, name: str) -> None:
    assert caller.upload(name, b"1").status == 400


def test_an_upload_is_an_octet_stream(caller: Caller) -> None:
    answer = caller.upload("typed.json", b"{}", kind="application/json")
    assert (answer.status, "octet-stream" in answer.said) == (415, True)
    assert "typed.json" not in caller.mailbox.counts()


@pytest.mark.parametrize("path", [(), ("download",), ("download", "archive 2023")])
def test_only_the_upload_folder_takes_files(caller: Caller, path: tuple[str, ...]) -> None:
    answer = caller.upload("x.csv", b"1", key=caller.folder(*path)["id"])
    assert (answer.status, "upload is not permitted" in answer.said) == (403, True)
    assert "x.csv" not in caller.mailbox.counts()


def test_an_upload_cannot_be_fetched(caller: Caller) -> None:
    key = caller.upload("one_way.csv", b"1").json()["id"]
    answer = caller.ask(f"/files/{key}")
    assert (answer.status, "download is not permitted" in answer.said) == (403, True)
    assert key not in caller.books.keys()["files"]


def test_an_uploads_answer_may_be_lost(caller: Caller) -> None:
    caller.folder("upload")
    caller.sandbox.fault("upload_answer_lost", vendor=VENDOR)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        caller.upload("lost.csv", b"1")
    with calling(caller.sandbox) as another:
        assert another.mailbox.contents("lost.csv") == [b"1"]
        assert "lost.csv" in _listed(another)
        assert another.upload("lost.csv", b"1").status == 409


def test_the_platform_may_take_uploads_away() -> None:
    with site(upload="taken") as caller:
        caller.upload("gone.csv", b"1")
        assert caller.upload("gone.csv", b"2").status == 409
        assert _listed(caller) == {"gone.csv": (0, YEAR_1970)}
        assert [each["listed"] for each in caller.mailbox.uploads()] == [False]
        assert caller.upload("gone.csv", b"3").status == 201
        assert caller.mailbox.counts() == {"gone.csv": 2}
        assert caller.mailbox.contents("gone.csv") == [b"1", b"3"]


def test_uploads_may_be_unlistable() -> None:
    with site(upload="unlisted") as caller:
        key = caller.folder("upload")["id"]
        assert caller.upload("unseen.csv", b"1").status == 201
        answer = caller.ask(f"/folders/{key}/children")
        assert (answer.status, answer.said) == (403, "The folder may not be listed")
        assert [each["listed"] for each in caller.mailbox.uploads()] == [False]
        assert caller.upload("unseen.csv", b"1").status == 409
        assert caller.files("download")


def test_names_may_be_restricted() -> None:
    with site(names="[a-z_]+[.]csv") as caller:
        assert caller.upload("right_name.csv", b"1").status == 201
        answer = caller.upload("Wrong Name.csv", b"1")
        assert (answer.status, "not allowed" in answer.said) == (400, True)
        assert caller.mailbox.counts() == {"right_name.csv": 1}
