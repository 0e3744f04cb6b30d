"""Cleo's mailbox into the work file: every file whole, every document once, whatever is there."""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.archive import read_page
from pipelines.clock import SHIFT
from sources._sandbox.process import running_sandbox
from tests.house import House
from tests.sources.cleo_mailbox import VENDOR, MailboxControls

LOAD = ("run", "--no-publish", "--max-minutes", "0")
Open = Callable[..., House]
ORDER = {
    "type": "850",
    "header": {"purchaseOrderNumber": "PO-1", "orderDate": "2024-01-05"},
    "lines": [{"lineNumber": 1, "quantity": 2, "unitPrice": "3.10"}],
}


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens houses of Cleo: `settings` of the connection, then options of its sandbox."""
    with ExitStack() as stack:

        def open_house(settings: dict[str, str] | None = None, **options: object) -> House:
            sandbox = stack.enter_context(running_sandbox(rows=20, options={VENDOR: options}))
            shift = (sandbox.now().astimezone(UTC) - datetime.now(UTC)).total_seconds()
            environment = {SHIFT: str(shift)}
            given = {"backoff_seconds": "0.05", **(settings or {})}
            return House(tmp_path / "p", sandbox, given, VENDOR, environment)

        yield open_house


def mailbox(house: House) -> MailboxControls:
    return MailboxControls.of(house.sandbox)


def put(house: House, name: str, *documents: object, **how: Any) -> str:
    return mailbox(house).put(name, json.dumps(documents).encode(), **how)


def fetches(house: House, after: int = 0) -> list[str]:
    """The files that were asked for, by id."""
    paths = [entry["path"] for entry in house.sandbox.log(after) if entry["vendor"] == VENDOR]
    return [path.split("/files/")[1] for path in paths if "/api/files/" in path]


def current(house: House, file_id: str) -> list[tuple[object, ...]]:
    """The newest version of each document of a file: position, withdrawn or not, its number."""
    return house.ask_raw(f"""
        select position, is_withdrawn, purchase_order_number from cleo.documents
        where file_id = '{file_id}'
        qualify row_number() over (partition by _key order by _version desc) = 1
        order by position""")


def reasons(house: House) -> list[object]:
    return [r for (r,) in house.ask_raw("select reason from ops.quarantine order by reason")]


@pytest.mark.parametrize(
    "options",
    [{}, {"ignores_paging": True}, {"download": "metadata"}, {"most": 2}, {"token_requests": 12}],
    ids=["as it is", "ignored paging", "metadata first", "two at a time", "tokens that end"],
)
def test_every_file_comes_whole(opened: Open, options: dict[str, object]) -> None:
    house = opened(**options)
    house.run(*LOAD[1:])
    keys = house.sandbox.books(VENDOR).keys()
    files = house.ask_raw(
        "select file_id, content_bytes, content_sha256, listed_bytes, reading from cleo.files"
    )
    assert {str(f[0]) for f in files} == set(keys["files"])
    assert {f[4] for f in files} == {"read"}
    documents = house.ask_raw("select file_id || chr(31) || position from cleo.documents")
    assert sorted(str(d) for (d,) in documents) == sorted(keys["documents"])
    pages = house.ask_raw(
        "select archive_file, archive_offset, archive_length from ops.pages "
        "where table_name = 'documents'"
    )
    kept = [
        read_page(house.data / "work" / "archive", str(s), int(str(at)), int(str(n))).body
        for s, at, n in pages
    ]
    sums = {(hashlib.sha256(body).hexdigest(), len(body)) for body in kept}
    assert {(f[2], f[1]) for f in files} == sums
    assert all(size == listed for _, size, _, listed, _ in files)


def test_nothing_is_fetched_twice_and_what_changed_is(opened: Open) -> None:
    house = opened()
    one = put(house, "orders.json", ORDER, {**ORDER, "type": "855"}, folder="download/deep/er")
    house.run(*LOAD[1:])
    assert len(fetches(house)) == len(set(fetches(house)))
    before = len(house.sandbox.log())
    house.run(*LOAD[1:])
    assert fetches(house, before) == []
    before = len(house.sandbox.log())
    put(house, "orders.json", {**ORDER, "header": {"poNumber": "PO-2"}}, id=one)
    house.run(*LOAD[1:])
    assert fetches(house, before) == [one]
    assert current(house, one) == [(1, False, "PO-2"), (2, True, None)]
    put(house, "orders.json", ORDER, ORDER, ORDER, id=one)
    house.run(*LOAD[1:])
    assert current(house, one) == [(n, False, "PO-1") for n in (1, 2, 3)]


def test_a_better_reader_reads_all_of_it_once_more(opened: Open) -> None:
    house = opened()
    house.run(*LOAD[1:])
    ours = len(fetches(house))
    with duckdb.connect(str(house.raw)) as db:
        older = "update ops.positions set position = replace(position::varchar, '\"reader\":', "
        db.execute(older + "'\"older\":') where stream like 'file %'")
    house.run(*LOAD[1:])
    assert len(fetches(house)) == 2 * ours


def test_a_file_of_1970_is_no_old_one(opened: Open) -> None:
    house = opened()
    house.run(*LOAD[1:])
    late = put(house, "late.json", ORDER, modified="1970-01-01T00:00:00.000Z")
    house.run(*LOAD[1:])
    assert current(house, late) == [(1, False, "PO-1")]


BAD = {
    "nothing": (b"", "the file is empty"),
    "cut": (b"ISA*00*          *00*     ", "ISA"),
    "binary": (os.urandom(3000) + b"\x00", "neither X12"),
    "a page": (b"<!doctype html><title>Maintenance</title>", "neither X12"),
    "half of JSON": (b'[{"type": "850", "lin', "JSON"),
    "no documents": (b'[{"kind": 1}]', "type"),
}


def test_what_cannot_be_read_is_quarantined_whole_and_the_others_go_on(opened: Open) -> None:
    house = opened()
    good = put(house, "good.json", ORDER)
    for name, (content, _) in BAD.items():
        mailbox(house).put(f"{name}.edi", content, documents=0)
    ended = house.run(*LOAD[1:])
    assert current(house, good) == [(1, False, "PO-1")]
    assert len(reasons(house)) == len(BAD)
    for _, hint in BAD.values():
        assert any(hint in str(reason) for reason in reasons(house)), hint
    rows = house.ask_raw("select file_name, reading from cleo.files")
    assert all(f"{name}.edi: " in str(sorted(reasons(house), key=str)) for name in BAD)
    states = {name: reading for name, reading in rows}  # noqa: C416 - each row is a pair
    assert {states[f"{name}.edi"] for name in BAD} == {"unreadable"}
    assert (
        f"{len(BAD)}"
        in next(line for line in ended.output.splitlines() if " documents " in line).split()[-1]
    )


def test_a_file_that_became_unreadable_keeps_what_was_read_of_it(opened: Open) -> None:
    """Until it can be read again: then it says what it says."""
    house = opened()
    one = put(house, "orders.json", ORDER, ORDER)
    house.run(*LOAD[1:])
    mailbox(house).put("orders.json", b"ISA*cut", id=one, documents=0)
    house.run(*LOAD[1:])
    assert [p for p, gone, _ in current(house, one) if not gone] == [1, 2]
    put(house, "orders.json", ORDER, id=one)
    house.run(*LOAD[1:])
    assert current(house, one) == [(1, False, "PO-1"), (2, True, None)]


def test_a_file_that_is_too_large_is_listed_and_never_fetched(opened: Open) -> None:
    house = opened({"max_file_bytes": "9000"})
    big = put(house, "big.json", *[ORDER] * 90)
    house.run(*LOAD[1:])
    assert big not in fetches(house)
    where = f"from cleo.files where file_id = '{big}'"
    assert house.ask_raw(f"select reading, content_sha256 {where}") == [("too large", None)]
    house.write_settings(max_file_bytes="1000000")
    house.run(*LOAD[1:])
    assert len(current(house, big)) == 90


def test_a_file_on_its_way_is_looked_at_again(opened: Open) -> None:
    """Length 0 and 1970: it is being taken in."""
    house = opened()
    late = mailbox(house).put("late.json", b"", modified="1970-01-01T00:00:00.000Z", documents=0)
    house.run(*LOAD[1:])
    assert late not in fetches(house)
    notes = str(house.ask_raw("select note from ops.coverage"))
    assert "1 files are still being taken in" in notes
    put(house, "late.json", ORDER, id=late)
    house.run(*LOAD[1:])
    assert current(house, late) == [(1, False, "PO-1")]


def test_a_file_that_is_listed_and_not_there_is_told(opened: Open) -> None:
    """Wherever the paths of the settings lead: nobody takes such a table for whole."""
    house = opened({"file_path": '"nowhere/{id}"'})
    ended = house.penstock(*LOAD)
    assert ended.code == 1
    assert "is listed, and its content is not there" in ended.output
    assert house.ask_raw("select count(*) from ops.coverage where backfill_share = 1") == [(0,)]
    house.write_settings(file_path='"files/{id}"')
    house.run(*LOAD[1:])
    assert len(house.ask_raw("select 1 from cleo.files")) == len(
        house.sandbox.books(VENDOR).keys()["files"]
    )


def test_bad_neighbours_stop_no_other(opened: Open) -> None:
    """Files that cannot be fetched, one beside the other, in front of all others."""
    house = opened()
    bad = [put(house, f"00{n}.json", ORDER) for n in range(4)]
    for one in bad:
        house.sandbox.fault("truncated_json", vendor=VENDOR, route=f"/files/{one}", times="always")
    ended = house.penstock(*LOAD)
    assert ended.code == 1
    assert ended.output.count("it is not the file") == 4
    keys = set(house.sandbox.books(VENDOR).keys()["files"])
    assert {str(k) for (k,) in house.ask_raw("select file_id from cleo.files")} == keys - set(bad)
    house.sandbox.clear_faults()
    house.run(*LOAD[1:])
    assert {str(k) for (k,) in house.ask_raw("select file_id from cleo.files")} == keys


def test_an_outage_ends_the_reading(opened: Open) -> None:
    house = opened({"attempts": "1"})
    house.sandbox.fault("server_error", vendor=VENDOR, route="/files/", times="always")
    before = len(house.sandbox.log())
    ended = house.penstock(*LOAD)
    assert ended.code == 1
    assert "cleo.documents: " in ended.output
    assert len(fetches(house, before)) < 10


def test_names_are_no_paths(opened: Open) -> None:
    house = opened()
    names = ["../../etc/passwd.json", "..", "a\x00b.json", "<script>alert(1)</script>.json"]
    for name in names:
        put(house, name, ORDER)
    house.run(*LOAD[1:])
    found = {name for (name,) in house.ask_raw("select file_name from cleo.files")}
    assert {names[0], names[1], names[3]} <= found
    written = [str(file) for file in house.folder.parent.rglob("*")]
    assert not any(word in file for file in written for word in ("passwd", "script>", "b.json"))


def test_killed_at_random_nothing_is_lost_and_nothing_twice(opened: Open) -> None:
    house = opened({"page_size": "5"})
    chance = random.Random(4)
    for n in range(60):
        put(house, f"f{n}.json", *[ORDER] * chance.randint(1, 3), folder=f"download/{n % 3}")
    kills = 0
    for _ in range(6):
        ended = house.penstock(*LOAD, kill_after=chance.uniform(0.1, 1.0))
        assert ended.was_killed or ended.code == 0, ended.output
        kills += ended.was_killed
    assert kills
    house.run(*LOAD[1:])
    keys = house.sandbox.books(VENDOR).keys()
    for table, key in (("files", "file_id"), ("documents", "file_id || chr(31) || position")):
        held = [str(k) for (k,) in house.ask_raw(f"select {key} from cleo.{table}")]
        assert sorted(held) == sorted(keys[table])


def test_a_large_file_is_read(opened: Open) -> None:
    house = opened(big_mb=3)
    house.run(*LOAD[1:], seconds=240)
    ((size, count),) = house.ask_raw(
        "select content_bytes, document_count from cleo.files order by 1 desc limit 1"
    )
    assert int(str(size)) > 2_500_000
    assert int(str(count)) > 1000
    assert reasons(house) == []
