"""CRM.COM's lists as played: what each shows, in which order, and what no list shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sources._sandbox.process import running_sandbox
from tests.sources.sandbox_crm_com_wire import (
    ACTIVITIES,
    COMPLETED,
    DRAFT,
    OVERDUE,
    PENDING,
    PORTAL,
    PURCHASES,
    TABLES,
    VENDOR,
    Caller,
    Row,
    calling,
    site,
)
from tests.sources.sandbox_wire import listed

ZONE = ZoneInfo("America/Vancouver")
CONTACT = {
    *("id", "type", "life_cycle_state", "name", "title", "first_name", "middle_name", "last_name"),
    *("company_name", "notes", "preferred_language", "privacy_level", "demographics"),
    *("addresses_set", "phones_set", "emails_set", "category", "owned_by_group"),
    *(f"udf_string_{number}" for number in range(1, 17)),
    *(f"udf_float_{number}" for number in range(1, 8)),
    "log_information",
}
DEMOGRAPHICS = {
    *("gender", "date_of_birth", "id_number", "passport_number"),
    *("social_security_number", "industry"),
}
ADDRESS = {
    *("id", "type", "street_name", "street_number", "floor", "apartment_number", "area"),
    *("town_city", "district", "municipality", "postal_code", "po_box", "po_box_postal_code"),
    "country",
}
ACCOUNT = {
    *("id", "number", "name", "type", "balance", "opening_balance", "outstanding_amount"),
    *("credit_limit", "life_cycle_state", "account_owner", "log_information"),
}
JOB = {
    *("id", "number", "description", "notes", "contact_email", "contact_phone"),
    *("life_cycle_state", "start_date", "expected_completion_date", "actual_completed_date"),
    *("scheduled_date", "expiration_date", "amount_already_paid", "items_receipt_method", "type"),
    *("category", "status", "accounts_receivable", "assigned_to", "log_information"),
}
INVOICE = {
    *("id", "number", "reference_number", "life_cycle_state", "discount_amount", "tax_amount"),
    *("net_amount", "total_amount", "outstanding_amount", "unsettled_amount", "issued_on"),
    *("posted_on", "due_on", "notes", "back_office_code", "currency_rate_period"),
    "invoice_items_set",
}
ITEM = {
    *("id", "quantity", "cost", "net_amount", "discount_percentage", "discount_amount"),
    *("tax_amount", "sub_total", "product"),
}
PURCHASE = {
    *("id", "number", "life_cycle_state", "performed_on", "reference_number", "total_amount"),
    *("net_amount", "vat_amount", "external_system_reference_number", "accounts_receivable"),
    *("products_set", "log_information"),
}
BOUGHT = {"id", "quantity", "net_amount", "vat_amount", "total_amount", "product"}
LOG = {"created_date", "updated_date", "created_by_user", "updated_by_user"}


@pytest.fixture(scope="module")
def running() -> Iterator[Caller]:
    with site(accounts=150) as caller:
        yield caller


@pytest.fixture
def caller(running: Caller) -> Iterator[Caller]:
    """A caller of a site that several tests share; none of them may change its rows."""
    with calling(running.sandbox) as caller:
        yield caller


def _by_id(rows: list[Row]) -> dict[str, Row]:
    by_id = {row["id"]: row for row in rows}
    assert len(by_id) == len(rows), "a row is listed twice"
    return by_id


def _local(caller: Caller, **earlier: float) -> str:
    moment = caller.sandbox.now() - timedelta(**earlier)
    return moment.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M:%S")


def _accounts(caller: Caller) -> list[Row]:
    return list(caller.books.rows("accounts").values())


def test_purchases_are_listed_by_classification(caller: Caller) -> None:
    assert _by_id(caller.purchases()) == caller.books.rows("purchases")


def test_purchases_are_listed_since_and_until_a_moment(caller: Caller) -> None:
    everything = _by_id(caller.purchases())
    since, until = _local(caller, days=90), _local(caller, days=40)

    later = _by_id(caller.purchases(submitted_after_date=since))
    earlier = _by_id(caller.purchases(submitted_before_date=since))
    within = caller.purchases(submitted_after_date=since, submitted_before_date=until)

    assert later.keys() | earlier.keys() == everything.keys()
    assert not later.keys() & earlier.keys()
    assert min(row["performed_on"] for row in later.values()) >= since
    assert 0 < len(within) < len(later)
    assert max(row["performed_on"] for row in within) < until
    day = _by_id(caller.purchases(submitted_after_date=since[:10]))
    assert later.keys() <= day.keys() < everything.keys()
    for odd in ("yesterday", "2024-01-08T13:00:00Z"):
        asked = {"classification_identifier": {"name": "SPARE PARTS"}, "submitted_after_date": odd}
        assert caller.post(PURCHASES, **asked).code.endswith("INVALIDPARAMETEREXCEPTION")


def test_purchases_and_papers_are_listed_by_account(caller: Caller) -> None:
    found: dict[str, list[Row]] = {"purchases": [], "invoices": [], "credit_notes": []}
    found["subscriptions"] = []
    for account in _accounts(caller):
        whose = {"number": account["number"]}
        rows = caller.everything(PURCHASES, accounts_receivable_identifier=whose)
        assert {row["accounts_receivable"]["id"] for row in rows} <= {account["id"]}
        found["purchases"] += rows
        for table in ("invoices", "credit_notes", "subscriptions"):
            by = f"id={account['id']}"
            found[table] += caller.get(f"{table}/list", accounts_receivable_identifier=by).data

    for table, rows in found.items():
        assert _by_id(rows) == caller.books.rows(table)
        assert rows != []


def test_owners_and_accounts_are_shown_one_by_one(caller: Caller) -> None:
    accounts, contacts = caller.books.rows("accounts"), caller.books.rows("contacts")
    account = list(accounts.values())[5]
    owner = account["account_owner"]["id"]

    for by in (f"number={account['number']}", f"id={account['id']}"):
        shown = caller.get("accounts_receivable/show", accounts_receivable_identifier=by).data
        assert shown == account
    by = f"id={owner}"
    assert (
        caller.get("contact_information/show", contact_information_identifier=by).data
        == (contacts[owner])
    )
    assert contacts[owner]["life_cycle_state"] == "FINANCIAL"
    nobody = caller.get("contact_information/show", contact_information_identifier="id=NOBODY")
    assert nobody.code.endswith("ENTITYNOTFOUNDEXCEPTION")


def test_accounts_are_listed_by_their_owner_and_what_they_own(caller: Caller) -> None:
    subscription = next(iter(caller.books.rows("subscriptions").values()))
    account = caller.books.rows("accounts")[subscription["accounts_receivable"]["id"]]
    contact = caller.books.rows("contacts")[account["account_owner"]["id"]]

    for filters in (
        {"subscription_identifier": f"number={subscription['number']}"},
        {"contact_information_identifier": f"id={contact['id']}"},
    ):
        assert caller.get("accounts_receivable/list", **filters).data == [account]
    mailed = next(row for row in caller.books.rows("contacts").values() if row["emails_set"])
    email = mailed["emails_set"][0]["email_address"]
    owned = caller.get("accounts_receivable/list", email=email).data
    assert mailed["id"] in {row["account_owner"]["id"] for row in owned}
    assert caller.get("accounts_receivable/list", email="nobody@example.com").data == []
    wallet = caller.get("accounts_receivable/list", wallet_identifier="number=1")
    assert wallet.code.endswith("ENTITYNOTFOUNDEXCEPTION")


@pytest.mark.parametrize("name", ["type", "brand", "family", "category"])
def test_products_are_listed_by_one_of_four(caller: Caller, name: str) -> None:
    products = caller.books.rows("products")
    field = "product_type" if name == "type" else name
    kinds = {row[field]["name"] for row in products.values()}

    rows = [
        row
        for kind in kinds
        for row in caller.everything("products/list", **{f"{name}_identifier": f"name={kind}"})
    ]

    assert _by_id(rows) == products
    assert len(kinds) > 1


@pytest.mark.parametrize("name", ["type", "category", "source", "importance", "contact"])
def test_leads_are_listed_by_one_of_five(name: str) -> None:
    with site(rows=60) as caller:
        leads = caller.books.rows("leads")
        rows: list[Row] = []
        if name == "importance":
            for value in {row["importance"] for row in leads.values()}:
                rows += caller.everything("leads/list", importance=value)
        else:
            field = "contact_information" if name == "contact" else name
            for key in {row[field]["id"] for row in leads.values()}:
                by = f"{field}_identifier" if name == "contact" else f"{name}_identifier"
                rows += caller.everything("leads/list", **{by: f"id={key}"})

        assert _by_id(rows) == leads
        assert {row["life_cycle_state"] for row in rows} == {"IN PROGRESS", "WON", "LOST"}


def test_jobs_under_way_and_in_time_are_in_no_list(caller: Caller) -> None:
    jobs, now = caller.books.rows("jobs"), _local(caller)
    shown = {name: _by_id(caller.everything(name)) for name in (DRAFT, COMPLETED, OVERDUE)}
    states = Counter(row["life_cycle_state"] for row in jobs.values())

    assert {row["life_cycle_state"] for row in shown[DRAFT].values()} == {"DRAFT"}
    assert {row["life_cycle_state"] for row in shown[COMPLETED].values()} == {"COMPLETED"}
    assert {row["life_cycle_state"] for row in shown[OVERDUE].values()} <= {
        "PENDING",
        "IN PROGRESS",
    }
    assert all(row["expected_completion_date"] < now for row in shown[OVERDUE].values())
    assert all(shown.values())
    hidden = jobs.keys() - {key for rows in shown.values() for key in rows}
    assert {jobs[key]["life_cycle_state"] for key in hidden} >= {"CANCELLED"}
    assert all(
        jobs[key]["expected_completion_date"] >= now
        for key in hidden
        if jobs[key]["life_cycle_state"] != "CANCELLED"
    )
    assert set(states) == {"DRAFT", "PENDING", "IN PROGRESS", "COMPLETED", "CANCELLED"}
    for key in hidden:
        assert caller.get("jobs/show", job_identifier=f"id={key}").data == jobs[key]


def test_every_activity_is_in_a_list() -> None:
    with site(accounts=150, extra_fields=True) as caller:
        pending, completed, cancelled, overdue = (_by_id(caller.everything(n)) for n in ACTIVITIES)
        everything, now = caller.books.rows("activities"), _local(caller)

    assert pending | completed | cancelled == everything
    assert {row["life_cycle_state"] for row in cancelled.values()} == {"CANCELLED"}
    assert overdue == {k: r for k, r in pending.items() if r["start_date"] < now}


def test_drafts_come_newest_first_and_requests_oldest_first() -> None:
    for order in ("drifting", "stable", "shuffled"):
        with site(accounts=150, order=order) as caller:
            drafts = [row["log_information"]["created_date"] for row in caller.everything(DRAFT)]
            asked = caller.everything(PENDING, provisioning_provider_identifier=PORTAL)
            requests = [row["log_information"]["created_date"] for row in asked]
        assert drafts == sorted(drafts, reverse=True)
        assert requests == sorted(requests)
        assert min(len(drafts), len(requests)) > 1


def test_a_saved_row_moves_to_the_end() -> None:
    with site(accounts=100) as caller:
        before = [row["id"] for row in caller.everything(COMPLETED)]
        assert before == [row["id"] for row in caller.everything(COMPLETED)]
        caller.books.save("jobs", before[3], notes="SAVED")
        after = [row["id"] for row in caller.everything(COMPLETED)]

    assert after == before[:3] + before[4:] + before[3:4]


def test_a_stable_order_is_the_ids_and_a_shuffled_one_another_each_time() -> None:
    with site(accounts=100, order="stable") as caller:
        before = [row["id"] for row in caller.everything(COMPLETED)]
        caller.books.save("jobs", before[3], notes="SAVED")
        assert before == sorted(before) == [row["id"] for row in caller.everything(COMPLETED)]
    with site(accounts=100, order="shuffled") as caller:
        lists = {tuple(row["id"] for row in caller.get(COMPLETED).data) for _ in range(3)}
        assert len(lists) == 3


def test_requests_are_those_of_the_last_seven_days_and_leave_at_the_front() -> None:
    with site(accounts=150, token_minutes=10_000) as caller:
        before = caller.everything(PENDING, provisioning_provider_identifier=PORTAL)
        caller.sandbox.advance(days=3)
        after = caller.everything(PENDING, provisioning_provider_identifier=PORTAL)
        since = _local(caller, days=7)
    stay = [row["id"] for row in before if row["id"] in {later["id"] for later in after}]

    assert [row["id"] for row in after][: len(stay)] == stay
    assert len(stay) < len(before)
    assert min(row["log_information"]["created_date"] for row in after) >= since


@pytest.mark.parametrize(("days", "is_shown"), [(7, False), (0, True)])
def test_an_old_request_is_shown_no_more(days: int, is_shown: bool) -> None:
    with site(pending_days=days, token_minutes=20_000) as caller:
        made = caller.books.make("provisioning_requests")["id"]
        caller.sandbox.advance(days=6.9)
        listed = caller.everything(PENDING, provisioning_provider_identifier=PORTAL)
        assert made in {row["id"] for row in listed}
        caller.sandbox.advance(days=0.2)
        listed = caller.everything(PENDING, provisioning_provider_identifier=PORTAL)
        assert (made in {row["id"] for row in listed}) is is_shown


def test_requests_may_be_grouped_by_subscription() -> None:
    with site(accounts=150, pending="grouped") as caller, site(accounts=150) as plain:
        asked = {"provisioning_provider_identifier": PORTAL, "number_of_results": 10}
        data = caller.get(PENDING, **asked).data
        flat = plain.get(PENDING, **asked).data

    assert set(data) == {"subscriptions_set"}
    groups = data["subscriptions_set"]
    rows = [row for group in groups for row in group["pending_provisioning_requests_set"]]
    assert _by_id(rows) == _by_id(flat)
    for group in groups:
        held = group["pending_provisioning_requests_set"]
        assert {row["subscription"]["number"] for row in held} == {group["subscription_number"]}


def test_objects_have_exactly_the_sheets_fields(caller: Caller) -> None:
    rows = caller.books.truth()["tables"]
    expected = {"contacts": CONTACT, "accounts": ACCOUNT, "jobs": JOB, "invoices": INVOICE}
    expected["purchases"] = PURCHASE

    assert set(rows) == set(TABLES)
    for table, fields in expected.items():
        assert {frozenset(row) for row in rows[table].values()} == {frozenset(fields)}
    for table in ("contacts", "accounts", "jobs", "purchases"):
        assert {frozenset(row["log_information"]) for row in rows[table].values()} == {
            frozenset(LOG)
        }
    assert _elements(rows["contacts"], "addresses_set") == {frozenset(ADDRESS)}
    assert _elements(rows["contacts"], "phones_set") == {frozenset(("id", "type", "number"))}
    assert _elements(rows["contacts"], "emails_set") == {frozenset(("id", "type", "email_address"))}
    assert _elements(rows["invoices"], "invoice_items_set") == {frozenset(ITEM)}
    assert _elements(rows["purchases"], "products_set") == {frozenset(BOUGHT)}
    people = [row["demographics"] for row in rows["contacts"].values() if row["type"] == "PERSON"]
    assert {frozenset(held) for held in people} == {frozenset(DEMOGRAPHICS)}
    assert {frozenset(held["date_of_birth"]) for held in people} == {
        frozenset(("day", "month", "year"))
    }


def _elements(rows: dict[str, Row], array: str) -> set[frozenset[str]]:
    return {frozenset(element) for row in rows.values() for element in row[array]}


def test_ids_are_32_hex_in_upper_case(caller: Caller) -> None:
    for rows in caller.books.truth()["tables"].values():
        for key in rows:
            assert len(key) == 32
            assert set(key) <= set("0123456789ABCDEF")


def test_the_books_add_up(caller: Caller) -> None:
    for row in caller.books.rows("purchases").values():
        assert (
            round(sum(line["total_amount"] for line in row["products_set"]), 2)
            == (row["total_amount"])
        )
        assert round(row["net_amount"] + row["vat_amount"], 2) == row["total_amount"]
    for row in caller.books.rows("invoices").values():
        assert (
            round(sum(item["sub_total"] for item in row["invoice_items_set"]), 2)
            == (row["total_amount"])
        )
    owed: Counter[str] = Counter()
    for account in _accounts(caller):
        by = f"id={account['id']}"
        for row in caller.get("invoices/list", accounts_receivable_identifier=by).data:
            owed[account["id"]] += round(row["outstanding_amount"] * 100)
        for row in caller.get("credit_notes/list", accounts_receivable_identifier=by).data:
            owed[account["id"]] -= round(row["total_amount"] * 100)
        assert round(account["balance"] * 100) == owed[account["id"]]


def test_names_of_fields_may_differ_from_site_to_site() -> None:
    with site(contact_sets="singular", items_key="items", extra_fields=True) as caller:
        contact = next(iter(caller.books.rows("contacts").values()))
        invoice = next(iter(caller.books.rows("invoices").values()))
        account = _accounts(caller)[0]

    assert {"address_set", "phone_set", "email_set"} <= set(contact)
    assert not {"addresses_set", "phones_set", "emails_set"} & set(contact)
    assert invoice["items"][0].keys() == ITEM
    assert invoice.keys() - INVOICE == {"items", "accounts_receivable", "log_information"}
    assert account["account_owner"]["demographics"].keys() == DEMOGRAPHICS


EXTRA = {
    "leads": {"probability_to_win", "target_amount"},
    "activities": {"start_date"},
    "subscriptions": {"first_activated_date"},
    "provisioning_requests": {"scheduled_date", "executed_date", "reference_number"},
}


@pytest.mark.parametrize("table", EXTRA)
def test_a_site_may_show_more_than_the_sheet(caller: Caller, table: str) -> None:
    with site(extra_fields=True) as extended:
        more = {frozenset(row) for row in extended.books.rows(table).values()}

    plain = {frozenset(row) for row in caller.books.rows(table).values()}
    assert {fields - EXTRA[table] for fields in more} == plain
    assert all(fields >= EXTRA[table] for fields in more)


def test_times_are_local_without_offset() -> None:
    for zone in ("America/Vancouver", "Asia/Nicosia"):
        with site(timezone=zone) as caller:
            made = caller.books.make("jobs")["log_information"]["created_date"]
            now = caller.sandbox.now().astimezone(ZoneInfo(zone))
        assert made == now.strftime("%Y-%m-%dT%H:%M:%S")


def test_the_repeated_hour_of_autumn_is_written_twice() -> None:
    start = datetime(2023, 11, 5, 8, 30, tzinfo=UTC)  # 1:30 in Vancouver, for the first time
    with running_sandbox(rows=0, start_at=start) as sandbox:
        books = sandbox.tables(VENDOR)
        first = books.make("jobs")["log_information"]["created_date"]
        sandbox.advance(hours=1)
        second = books.make("jobs")["log_information"]["created_date"]
        sandbox.advance(hours=1)
        third = books.make("jobs")["log_information"]["created_date"]

    assert first == second == "2023-11-05T01:30:00"
    assert third == "2023-11-05T02:30:00"


def test_the_same_seed_is_the_same_site_however_the_clock_is_turned() -> None:
    with site(rows=60) as one, site(rows=60) as two:
        for _ in range(10):
            one.sandbox.advance(days=2)
            assert one.books.truth("jobs")["deleted"] == {"jobs": []}
        two.sandbox.advance(days=20)
        first = one.books.truth()

        assert first == two.books.truth()
        assert first["tables"]["jobs"] != {}
    with running_sandbox(rows=60, seed=8) as other:
        other.advance(days=20)
        assert other.tables(VENDOR).truth() != first


def test_the_smallest_site_has_a_row_in_every_list() -> None:
    with running_sandbox(rows=0) as sandbox, calling(sandbox) as caller:
        lists = {
            name: caller.get(name).data for name in (DRAFT, COMPLETED, OVERDUE, *ACTIVITIES[1:3])
        }
        pending = caller.get(PENDING, provisioning_provider_identifier=PORTAL).data
        keys = sandbox.books(VENDOR).keys()

    assert all(lists.values())
    assert pending != []
    assert all(keys[table] for table in TABLES)


def test_the_kitchen_makers_customers_are_customers_here() -> None:
    with site(rows=60) as caller:
        caller.sandbox.advance(days=1)
        phones = {row["Customer_Main_Phone"] for row in listed(caller.sandbox, "order")}
        contacts = caller.books.rows("contacts").values()
        known = {_digits(phone["number"]) for row in contacts for phone in row["phones_set"]}

    assert len(phones) > 20
    assert {_digits(phone) for phone in phones} - known == {"2501112222"}, "but for a printed one"


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))
