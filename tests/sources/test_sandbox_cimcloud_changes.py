"""Rows that move while they are read, what tests may do to them, and how lists go wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from sources._sandbox.process import SandboxFailedError
from tests.sources.cimcloud_wire import KEYS, PATHS, VENDOR, Caller, Row, calling, key_of, site

LINES = "order_detail"


@pytest.fixture(scope="module")
def running() -> Iterator[Caller]:
    with site(rows=60) as caller:
        yield caller


@pytest.fixture
def caller(running: Caller) -> Iterator[Caller]:
    """A caller of a site that several tests share: each finds what those before it left.

    An hour later each time, so that what a test saves was saved last.
    """
    running.sandbox.advance(hours=1)
    with calling(running.sandbox) as caller:
        yield caller
    running.sandbox.clear_faults()


def _keys(rows: list[Row], table: str = "order_lines") -> list[str]:
    return [key_of(table, row) for row in rows]


def test_a_saved_row_moves_to_the_end(caller: Caller) -> None:
    before = _keys(caller.everything(LINES))
    assert before == _keys(caller.everything(LINES))
    assert before != sorted(before)

    caller.books.save("order_lines", before[10], nm="ANOTHER NAME")

    after = _keys(caller.everything(LINES))
    assert after == before[:10] + before[11:] + before[10:11]
    assert after[49] == before[50], "a row crossed over to an earlier page"


def test_a_stable_order_is_the_keys() -> None:
    with site(rows=60, order="stable") as caller:
        before = [row["od_id"] for row in caller.everything(LINES)]
        caller.books.save("order_lines", before[0], nm="ANOTHER NAME")
        assert before == sorted(before) == [row["od_id"] for row in caller.everything(LINES)]


def test_a_shuffled_order_is_another_each_time() -> None:
    with site(rows=60, order="shuffled") as caller:
        lists = [tuple(_keys(caller.page(LINES))) for _ in range(3)]
        found = [tuple(_keys(caller.page(LINES, "searchlike~nm~e", 1))) for _ in range(3)]
        seen = Counter(_keys(caller.everything(LINES)))

    assert len(set(lists)) == len(set(found)) == 3
    assert max(seen.values()) > 1, "paging through it meets no row twice"


def test_a_busy_site_changes_while_it_is_read() -> None:
    with site(rows=60, busy=2) as caller:
        before = caller.books.rows("payments")
        for _ in range(4):
            caller.page("payments")
        truth = caller.books.truth("payments")

    after = truth["tables"]["payments"]
    assert len(truth["deleted"]["payments"]) == 2
    assert set(before) - set(after) <= set(truth["deleted"]["payments"])
    assert len(set(after) - set(before)) == 2
    saved = [key for key in set(before) & set(after) if before[key] != after[key]]
    assert 1 <= len(saved) <= 2


def test_a_saved_row_says_so_unless_a_job_saved_it(caller: Caller) -> None:
    key = _keys(caller.page(LINES))[0]
    now = caller.sandbox.now().astimezone(ZoneInfo("America/Vancouver"))

    quiet = caller.books.save("order_lines", key, touch=False, nm="QUIET")
    loud = caller.books.save("order_lines", key, nm="LOUD")

    assert quiet["last_modify_date"] < loud["last_modify_date"]
    assert loud["last_modify_date"].startswith(now.strftime("%Y-%m-%dT%H:%M:"))
    assert caller.page(LINES, f"searchexact~od_id~{key}", 1) == [loud]
    assert loud["create_date"] == quiet["create_date"]
    assert _keys(caller.everything(LINES))[-1] == key


def test_a_row_can_be_made_with_anything_in_it(caller: Caller) -> None:
    made = caller.books.make("accounts", nm="half a pair \ud83d", colour="red")

    assert made["colour"] == "red"
    assert caller.page("accounts", f"searchexact~a_id~{made['a_id']}", 1) == [made]
    assert list(caller.books.rows("accounts").values())[-1] == made
    other = caller.books.make("inventory_levels", warehouse="YARD")
    assert other in caller.everything("inventory")
    with pytest.raises(SandboxFailedError, match="has a row"):
        caller.books.make("accounts", a_id=made["a_id"])


def test_numbers_of_rows_that_tests_made_are_not_given_again(caller: Caller) -> None:
    made = [caller.books.make("orders")["c_ordnum"] for _ in range(3)]
    caller.sandbox.advance(days=10)

    numbers = [row["c_ordnum"] for row in caller.books.rows("orders").values()]

    assert set(made) <= set(numbers)
    assert max(numbers) > max(made)


def test_a_deleted_row_is_gone_until_it_is_restored(caller: Caller) -> None:
    before = caller.books.rows("invoices")
    keys = list(before)[:3]

    caller.books.delete("invoices", keys)
    without = caller.everything("invoice_history")
    truth = caller.books.truth("invoices")
    caller.books.restore("invoices", keys[:2])

    assert (
        set(_keys(without, "invoices")) == set(before) - set(keys) == {*truth["tables"]["invoices"]}
    )
    assert truth["deleted"] == {"invoices": sorted(keys)}
    assert set(_keys(caller.everything("invoice_history"), "invoices")) == set(before) - {keys[2]}
    assert caller.books.rows("invoices")[keys[0]] == before[keys[0]]
    for refused in (
        lambda: caller.books.delete("invoices", keys[2:]),
        lambda: caller.books.save("invoices", keys[2]),
    ):
        with pytest.raises(SandboxFailedError, match="is missing or unknown"):
            refused()


def test_a_key_of_several_fields_is_a_list(caller: Caller) -> None:
    row = caller.page("inventory")[0]
    key = [row["sku"], row["warehouse"]]

    caller.books.save("inventory_levels", key, quantity_on_hand=7)
    caller.books.save("inventory_levels", key_of("inventory_levels", row), quantity_available=8)

    assert caller.books.rows("inventory_levels")["\x1f".join(key)] == {
        **row,
        "quantity_on_hand": 7,
        "quantity_available": 8,
    }
    with pytest.raises(SandboxFailedError, match="cannot become another"):
        caller.books.save("inventory_levels", key, sku="OTHER")


def test_a_share_of_everything_changes_and_the_books_still_add_up(caller: Caller) -> None:
    known = caller.books.truth()["tables"]

    changed = caller.books.change(0.1)

    after = caller.books.truth()["tables"]
    for table in KEYS:
        differing = {key for key in after[table] if after[table][key] != known[table].get(key)}
        assert differing == set(changed.get(table, ()))
        assert len(differing) == (round(len(known[table]) * 0.1) if table in changed else 0)
        for key in differing:
            old, new = known[table][key], after[table][key]
            fields = {name for name in new if new[name] != old[name]} - {"last_modify_date"}
            assert len(fields) == 1
            assert new["last_modify_date"] >= old["last_modify_date"]
            assert not {name for name in fields if "total" in name or name in ("balance", "amount")}
    assert set(changed) >= set(KEYS) - {"inventory_levels", "product_prices"}


def test_the_same_changes_hit_the_same_rows() -> None:
    def changed() -> list[object]:
        with site(rows=40) as caller:
            return [caller.books.change(0.02), caller.books.change(0.02), caller.books.truth()]

    first = changed()

    assert first == changed()
    assert first[0] != first[1]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("nothing", "no table 'nothing'"),
        ("orders", "'1' is missing or unknown"),
    ],
)
def test_what_is_not_there_cannot_be_deleted(caller: Caller, table: str, reason: str) -> None:
    with pytest.raises(SandboxFailedError, match=reason):
        caller.books.delete(table, [1])


def test_an_outage_answers_a_share_of_the_rows(caller: Caller) -> None:
    whole = caller.everything(LINES)
    caller.sandbox.fault("share_of_rows", vendor=VENDOR, share=0.3)

    part, again = (_keys(caller.everything(LINES)) for _ in range(2))

    assert part == again
    assert part == [key for key in _keys(whole) if key in set(part)]
    assert 0.15 < len(part) / len(whole) < 0.45
    caller.sandbox.clear_faults()
    assert caller.everything(LINES) == whole


def test_a_list_may_be_no_list(caller: Caller) -> None:
    caller.sandbox.fault("not_a_list", vendor=VENDOR)

    answer = caller.ask("/accounts")

    assert (answer.status, type(answer.json())) == (200, dict)
    assert isinstance(caller.ask("/accounts").json(), list)


def test_a_page_may_repeat_the_one_before(caller: Caller) -> None:
    first, second = (caller.page(LINES, page=number) for number in (1, 2))
    caller.sandbox.fault("repeated_page", vendor=VENDOR, times=2)

    assert [caller.page(LINES, page=number) for number in (1, 2, 2)] == [first, first, second]


def test_a_page_may_not_be_found(caller: Caller) -> None:
    caller.sandbox.fault("page_404", vendor=VENDOR, after=1)

    assert [caller.ask(f"/{LINES}/{page}").status for page in (1, 2, 2)] == [200, 404, 200]


def test_a_token_may_expire_early(caller: Caller) -> None:
    caller.sandbox.fault("expired_token", vendor=VENDOR)

    assert [caller.ask("/accounts").status for _ in range(2)] == [401, 401]
    assert caller.log_in().status == 200
    assert caller.ask("/accounts").status == 200


def test_every_table_of_the_sheet_is_played(caller: Caller) -> None:
    assert set(PATHS) == set(KEYS) == set(caller.books.truth()["tables"]) - {"quotes"}
