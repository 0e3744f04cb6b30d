"""What tests may do to Cleo's mailbox: the controls of all sandboxes, and its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from sources._sandbox.process import SandboxFailedError
from tests.sources.cleo_mailbox import VENDOR
from tests.sources.sandbox_cleo_wire import Caller, Row, site

TABLES = ("files", "documents")
SEPARATOR = "\x1f"
SAID = "half a pair \ud83d"


@pytest.fixture
def caller() -> Iterator[Caller]:
    with site() as caller:
        yield caller


def _versions(caller: Caller) -> dict[str, tuple[str, int, str, bytes]]:
    """What tells that a file is another, and its content."""
    return {
        key: (row["name"], row["length"], row["meta"]["lastModified"], content)
        for key, (row, content) in caller.everything().items()
    }


def _document(content: bytes) -> dict[str, Any]:
    """The only document of a JSON file."""
    found = json.loads(content)
    if isinstance(found, list):
        (found,) = found
    assert isinstance(found, dict)
    return found


def test_the_books_say_what_they_are(caller: Caller) -> None:
    about = caller.books.about()
    assert about.routes == {"files": "/children", "documents": "/files/"}
    assert (about.can_delete, about.can_stir, about.order_promised) == (True, True, False)
    assert list(about.derived) == ["documents"]
    assert caller.books.issued() == [caller.token]
    assert caller.sandbox.settings(VENDOR) == {}
    keys = caller.books.keys()
    assert set(keys) == set(TABLES)
    assert {key.partition(SEPARATOR)[0] for key in keys["documents"]} == set(keys["files"])


def test_files_and_documents_change_together(caller: Caller) -> None:
    seen = [_versions(caller)]
    keys = []
    for table in (*TABLES, *TABLES):
        keys.append(caller.books.change(table))
        seen.append(_versions(caller))

    target = keys[0]
    assert keys == [target, f"{target}{SEPARATOR}1"] * 2
    assert set(keys) <= {key for found in caller.books.keys().values() for key in found}
    for before, after in pairwise(seen):
        assert {key for key in after if after[key] != before.get(key)} == {target}
        old, new = before[target], after[target]
        assert new[2] > old[2]
        assert new[1] == len(new[3])
        assert _document(new[3]) != _document(old[3])
        assert _document(new[3])["type"] == _document(old[3])["type"]
    stamps = [found[target][2] for found in seen[1:]]
    assert stamps[0].startswith("2024-01-08T13:00:00")
    assert len(set(stamps)) == 4


@pytest.mark.parametrize("table", TABLES)
def test_what_is_made_is_the_next_to_change(caller: Caller, table: str) -> None:
    before = _versions(caller)
    key = caller.books.make(table)
    after = _versions(caller)

    made = key.removesuffix(f"{SEPARATOR}1")
    assert set(after) - set(before) == {made}
    assert key in caller.books.keys()[table]
    assert (key == made) == (table == "files")
    assert after[made][2] == "2024-01-08T13:00:00.000Z"
    assert _document(after[made][3])["type"] == "850"
    assert caller.books.change(table) == key


@pytest.mark.parametrize("table", TABLES)
def test_files_are_taken_away(caller: Caller, table: str) -> None:
    before = caller.books.keys()
    gone = before[table][:3]
    caller.books.delete(table, gone)
    files = {key.partition(SEPARATOR)[0] for key in gone}
    after = caller.books.keys()
    assert after["files"] == [key for key in before["files"] if key not in files]
    assert set(caller.everything()) == set(after["files"])
    for key in files:
        assert caller.ask(f"/files/{key}").status == 404
    with pytest.raises(SandboxFailedError, match="there is no file"):
        caller.books.delete(table, gone)


def test_something_can_be_changed_when_all_is_gone(caller: Caller) -> None:
    caller.books.delete("files", caller.books.keys()["files"])
    assert caller.everything() == {}
    key = caller.books.change("documents")
    assert caller.books.keys()["documents"] == [key]


def test_entries_carry_what_is_planted(caller: Caller) -> None:
    caller.books.plant("files", "colour", SAID)
    rows = [row for row, _content in caller.everything().values()]
    assert {row["colour"] for row in rows} == {SAID}
    assert "colour" not in caller.folder("download")


def test_documents_carry_what_is_planted_from_then_on(caller: Caller) -> None:
    before = _versions(caller)
    caller.books.plant("documents", "colour", SAID)
    assert _versions(caller) == before
    changed, made = caller.books.change("files"), caller.books.make("files")
    after = _versions(caller)
    assert {key for key in after if after[key] != before.get(key)} == {changed, made}
    for key in (changed, made):
        assert _document(after[key][3])["colour"] == SAID


def test_entries_write_fields_under_other_names(caller: Caller) -> None:
    caller.books.rename("files", "id", "key")
    caller.books.rename("files", "meta.lastModified", "changed")
    rows: list[Row] = caller.files("download")
    assert all("key" in row and "id" not in row for row in rows)
    assert all(list(row["meta"]) == ["changed"] for row in rows)
    caller.books.rename("files", "id", "id")
    assert all("id" in row for row in caller.files("download"))
    assert "id" in caller.folder("download")


def test_documents_are_not_renamed(caller: Caller) -> None:
    with pytest.raises(SandboxFailedError, match="documents are what is in files"):
        caller.books.rename("documents", "type", "kind")
    for act in (caller.books.change, caller.books.make):
        with pytest.raises(SandboxFailedError, match="no table 'folders'"):
            act("folders")


def test_the_mailbox_can_move_while_it_is_listed(caller: Caller) -> None:
    key = caller.folder("download")["id"]
    before = _versions(caller)
    caller.books.stir(2)
    caller.children(key)
    assert set(before) == set(caller.books.keys()["files"])
    caller.children(key)
    caller.books.stir(0)
    after = _versions(caller)
    assert len(set(after) - set(before)) == 1
    assert len(set(before) - set(after)) == 1
    assert len([k for k in set(after) & set(before) if after[k] != before[k]]) == 1


def test_a_file_can_be_put_and_replaced(caller: Caller) -> None:
    mailbox, modified = caller.mailbox, datetime(2023, 5, 1, 12, 0, 0, 250_000, tzinfo=UTC)
    content = b'[{"type":"850"},{"type":"810"},7]'

    key = mailbox.put("a.json", content, folder="download/new/deep", modified=modified)

    (row,) = caller.files("download", "new", "deep")
    assert (row["id"], row["name"], row["length"]) == (key, "a.json", len(content))
    assert row["meta"]["lastModified"] == "2023-05-01T12:00:00.250Z"
    assert caller.ask(f"/files/{key}").body == content
    assert [k[len(key) :] for k in caller.books.keys()["documents"] if k.startswith(key)] == [
        "\x1f1",
        "\x1f2",
    ]
    same = mailbox.put("b.json", b"{}", folder="download/new", documents=5, id=key)
    assert same == key
    assert caller.files("download", "new", "deep") == []
    (row,) = caller.files("download", "new")
    assert (row["id"], row["name"], row["length"]) == (key, "b.json", 2)
    assert row["meta"]["lastModified"] == "2024-01-08T13:00:00.000Z"
    assert len([k for k in caller.books.keys()["documents"] if k.startswith(key)]) == 5
    other = mailbox.put("b.json", b"[]", folder="download/new")
    assert other != key
    assert [row["id"] for row in caller.files("download", "new")] == [other]
    mailbox.remove(other)
    assert caller.files("download", "new") == []


def test_what_is_put_is_nobodys_to_change(caller: Caller) -> None:
    first = caller.books.change("files")
    caller.mailbox.put("z.json", b'{"type":"850"}')
    assert caller.books.change("files") == first
    caller.mailbox.put("mine.json", b'{"type":"850"}', id=first)
    assert caller.books.change("files") != first
    assert caller.ask(f"/files/{first}").body == b'{"type":"850"}'


def test_what_is_put_is_counted_as_it_looks(caller: Caller) -> None:
    isa = b"ISA" + b"*" + b"x" * 101 + b"~"
    for content, count in (
        (isa + b"GS*PO~ST*850*1~SE*2*1~\r\nST*810*2~SE*2*2~", 2),
        (isa[:90], 0),
        (b"{}", 1),
        (b"null", 0),
        (b"\xff\xfe", 0),
        (b"[" * 100_000, 0),
    ):
        key = caller.mailbox.put("counted", content)
        keys = caller.books.keys()["documents"]
        assert len([each for each in keys if each.startswith(key)]) == count, content[:9]


def test_a_wrong_order_is_refused(caller: Caller) -> None:
    mailbox = caller.mailbox
    mine = mailbox.put("mine", b"")
    mailbox.put("other", b"")
    with pytest.raises(SandboxFailedError, match="begins with no folder"):
        mailbox.put("x", b"", folder="elsewhere")
    with pytest.raises(SandboxFailedError, match="there is no file 'nobody'"):
        mailbox.put("x", b"", id="nobody")
    with pytest.raises(SandboxFailedError, match="has another file 'other'"):
        mailbox.put("other", b"", id=mine)
    with pytest.raises(SandboxFailedError, match="has no offset"):
        mailbox.put("x", b"", modified="2023-05-01T12:00:00")
    with pytest.raises(SandboxFailedError, match="there is no file 'nobody'"):
        mailbox.remove("nobody")
