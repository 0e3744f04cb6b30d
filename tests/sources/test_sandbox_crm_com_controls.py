"""CRM.COM's rows that move while they are read, what tests may do to them, and how it fails."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from sources._sandbox.process import SandboxFailedError
from tests.sources.sandbox_crm_com_wire import (
    COMPLETED,
    DRAFT,
    PENDING,
    PORTAL,
    PURCHASES,
    TABLES,
    VENDOR,
    Caller,
    calling,
    site,
)

BY_ACCOUNT = ("contacts", "accounts", "invoices", "credit_notes", "subscriptions")
SECRET = ("social_security_number", "passport_number", "id_number")


@pytest.fixture(scope="module")
def running() -> Iterator[Caller]:
    with site(accounts=100) as caller:
        yield caller


@pytest.fixture
def caller(running: Caller) -> Iterator[Caller]:
    """A caller of a site that several tests share: each finds what those before it left."""
    with calling(running.sandbox) as caller:
        yield caller
    running.sandbox.clear_faults()


def test_a_saved_row_says_so_unless_a_job_saved_it(caller: Caller) -> None:
    key = next(iter(caller.books.rows("jobs")))
    before = caller.get("jobs/show", job_identifier=f"id={key}").data["log_information"]

    quiet = caller.books.save("jobs", key, touch=False, notes="QUIET")
    loud = caller.books.save("jobs", key, notes="LOUD")

    assert quiet["log_information"] == before
    assert loud["log_information"]["updated_date"] > before["updated_date"]
    assert loud["log_information"]["created_date"] == before["created_date"]
    assert caller.get("jobs/show", job_identifier=f"id={key}").data == loud


def test_a_row_moves_to_another_list_when_it_is_saved(caller: Caller) -> None:
    key = caller.books.make("jobs")["id"]
    assert key in {row["id"] for row in caller.everything(DRAFT)}

    caller.books.save("jobs", key, life_cycle_state="COMPLETED")

    assert key not in {row["id"] for row in caller.everything(DRAFT)}
    assert key in {row["id"] for row in caller.everything(COMPLETED)}
    caller.books.delete("jobs", [key])
    assert key not in {row["id"] for row in caller.everything(COMPLETED)}
    assert caller.get("jobs/show", job_identifier=f"id={key}").code != "OK"
    caller.books.restore("jobs", [key])
    assert key in {row["id"] for row in caller.everything(COMPLETED)}


@pytest.mark.parametrize("table", TABLES)
def test_a_row_can_be_made_with_anything_in_it(caller: Caller, table: str) -> None:
    made = caller.books.make(table, notes="half a pair \ud83d", colour="red")

    assert made["colour"] == "red"
    assert caller.books.rows(table)[made["id"]] == made
    assert list(caller.books.rows(table).values())[-1] == made
    with pytest.raises(SandboxFailedError, match="has a row"):
        caller.books.make(table, id=made["id"])


def test_half_a_surrogate_pair_is_sent_as_it_is(caller: Caller) -> None:
    made = caller.books.make("jobs", notes="half a pair \ud83d")

    assert made in caller.everything(DRAFT)


def test_what_is_made_is_found_in_a_list_at_once(caller: Caller) -> None:
    since = caller.books.make("purchases")["performed_on"]
    account = caller.books.make("accounts")
    contact = caller.books.make("contacts")

    found = caller.purchases(submitted_after_date=since)
    ids = {row["accounts_receivable"]["id"] for row in found}
    accounts = caller.books.rows("accounts")
    assert account["id"] in ids
    assert contact["id"] in {accounts[key]["account_owner"]["id"] for key in ids}


def test_a_share_of_the_rows_can_be_changed(caller: Caller) -> None:
    before = caller.books.truth()["tables"]
    changed = caller.books.change(0.1)
    after = caller.books.truth()["tables"]

    assert set(changed) == set(TABLES) - {"invoices"}, "invoices do not say when they were saved"
    for table, rows in before.items():
        differ = {key for key, row in rows.items() if after[table][key] != row}
        assert differ == set(changed.get(table, ()))
    assert len(changed["accounts"]) == round(0.1 * len(before["accounts"]))


@pytest.mark.parametrize(
    ("kind", "table", "is_listed"),
    [("purchase", "purchases", True), ("job", "jobs", True), ("invoice", "invoices", False)],
)
def test_many_accounts_can_have_news_at_once(
    caller: Caller, kind: str, table: str, is_listed: bool
) -> None:
    caller.sandbox.advance(hours=1)
    caller.log_in()
    before, listed = caller.books.truth()["tables"], _listed(caller)

    news = caller.control("POST", "/news", {"accounts": 20, "kind": kind})

    after = caller.books.truth()["tables"]
    assert len(set(news["accounts"])) == 20
    for name, rows in before.items():
        made = set(news["keys"]) if name == table else set()
        assert after[name].keys() - rows.keys() == made
        assert {key: after[name][key] for key in rows} == rows
    assert _listed(caller) - listed == (set(news["keys"]) if is_listed else set())
    for account, key in zip(news["accounts"], news["keys"], strict=True):
        by = {"accounts_receivable_identifier": f"id={account}"}
        if table == "invoices":
            assert key in {row["id"] for row in caller.get("invoices/list", **by).data}
        else:
            assert after[table][key]["accounts_receivable"]["id"] == account


def _listed(caller: Caller) -> set[str]:
    """What the lists show that lead to accounts."""
    rows = [*caller.purchases(), *caller.everything(DRAFT), *caller.everything(COMPLETED)]
    return {row["id"] for row in rows}


def test_news_can_be_of_one_account(caller: Caller) -> None:
    key = next(iter(caller.books.rows("accounts")))

    news = caller.control("POST", "/news", {"kind": "job", "of": [key]})

    assert news["accounts"] == [key]
    with pytest.raises(AssertionError, match="no news of kind"):
        caller.control("POST", "/news", {"kind": "gossip", "accounts": 1})


def test_the_oldest_requests_can_be_completed(caller: Caller) -> None:
    for _ in range(5):
        caller.books.make("provisioning_requests")
    before = caller.everything(PENDING, provisioning_provider_identifier=PORTAL)

    done = caller.control("POST", "/complete", {"count": 3})["keys"]

    after = caller.everything(PENDING, provisioning_provider_identifier=PORTAL)
    assert done == [row["id"] for row in before[:3]]
    assert after == before[3:]


def test_secrets_of_people_are_collected(caller: Caller) -> None:
    contacts = caller.books.rows("contacts")
    gone = next(key for key, row in contacts.items() if row["demographics"]["id_number"])
    caller.books.delete("contacts", [gone])

    told = caller.control("GET", "/secrets_of_people")

    held = [row["demographics"] for row in contacts.values()]
    assert set(told) == set(SECRET)
    for name in SECRET:
        assert set(told[name]) == {row[name] for row in held if row[name]}
        assert len(told[name]) > 10
    caller.books.restore("contacts", [gone])
    elsewhere = {
        table: rows for table, rows in caller.books.truth()["tables"].items() if table != "contacts"
    }
    text = json.dumps(elsewhere)
    assert not any(value in text for name in SECRET for value in told[name])


def test_a_busy_site_changes_while_it_is_read() -> None:
    with site(rows=60, busy=2) as caller:
        before = caller.books.rows("products")
        for _ in range(4):
            caller.get("products/list", type_identifier="name=LABOUR")
        truth = caller.books.truth("products")

    after = truth["tables"]["products"]
    assert len(truth["deleted"]["products"]) == 2
    assert set(before) - set(after) <= set(truth["deleted"]["products"])
    saved = [key for key in set(before) & set(after) if before[key] != after[key]]
    assert 1 <= len(saved) <= 2


def test_accounts_stay_when_a_busy_site_moves() -> None:
    with site(busy=1) as caller:
        owner = next(iter(caller.books.rows("accounts").values()))["account_owner"]["id"]
        for _ in range(10):
            caller.get("accounts_receivable/list", contact_information_identifier=f"id={owner}")
        assert caller.books.truth("accounts")["deleted"] == {"accounts": []}


def _requests(caller: Caller) -> list[str]:
    listed = caller.everything(PENDING, provisioning_provider_identifier=PORTAL)
    return [row["id"] for row in listed]


@pytest.mark.parametrize("table", TABLES)
def test_the_books_change_what_a_client_sees_again(caller: Caller, table: str) -> None:
    books, since = caller.sandbox.books(VENDOR), caller.books.make("purchases")["performed_on"]
    before = caller.books.truth()["tables"]
    seen = books.keys()[table]
    latest = list(before["purchases"])[-1]

    key = books.change(table)

    after = caller.books.truth()["tables"]
    assert key in seen
    changed = {
        name: {k for k, row in rows.items() if after[name][k] != row}
        for name, rows in before.items()
    }
    assert {name: keys for name, keys in changed.items() if keys} == {table: {key}}
    if table == "jobs":
        assert before[table][key]["life_cycle_state"] == "DRAFT"
    elif table in ("purchases", "provisioning_requests"):
        assert key == (latest if table == "purchases" else _requests(caller)[-1])
    new = after["purchases"].keys() - before["purchases"].keys()
    assert len(new) == (1 if table in BY_ACCOUNT else 0)
    if table in BY_ACCOUNT:
        listed = caller.purchases(submitted_after_date=since)
        assert new <= {row["id"] for row in listed}


@pytest.mark.parametrize("table", TABLES)
def test_the_books_make_what_a_client_can_see(caller: Caller, table: str) -> None:
    books = caller.sandbox.books(VENDOR)
    before = books.keys()[table]

    key = books.make(table)

    assert set(books.keys()[table]) - set(before) == {key}


def test_the_keys_of_the_books_are_what_lists_lead_to(caller: Caller) -> None:
    keys = caller.sandbox.books(VENDOR).keys()
    truth = caller.books.truth()["tables"]
    jobs = truth["jobs"]
    listed = _listed(caller)

    assert set(keys) == set(TABLES)
    assert set(keys["purchases"]) == set(truth["purchases"])
    hidden = jobs.keys() - set(keys["jobs"])
    assert {jobs[key]["life_cycle_state"] for key in hidden} <= {
        "CANCELLED",
        "PENDING",
        "IN PROGRESS",
    }
    assert "CANCELLED" in {jobs[key]["life_cycle_state"] for key in hidden}
    assert listed <= {*keys["jobs"], *keys["purchases"]}
    pending = caller.everything(PENDING, provisioning_provider_identifier=PORTAL)
    assert {row["id"] for row in pending} == set(keys["provisioning_requests"])
    cancelled = caller.everything("activities/get_cancelled")
    assert {row["id"] for row in cancelled} == set(keys["activities"])
    owners = {truth["accounts"][key]["account_owner"]["id"] for key in keys["accounts"]}
    assert set(keys["contacts"]) == owners


def test_an_account_that_no_list_leads_to_is_not_in_the_books() -> None:
    with site() as caller:
        books, account = caller.sandbox.books(VENDOR), caller.books.make("accounts")["id"]
        assert account in books.keys()["accounts"]
        rows = caller.books.rows("purchases").values()
        mine = [row["id"] for row in rows if row["accounts_receivable"]["id"] == account]
        caller.books.delete("purchases", mine)
        assert account not in books.keys()["accounts"]


def test_fields_can_be_planted_and_renamed() -> None:
    with site() as caller:
        books = caller.sandbox.books(VENDOR)
        assert books.about().plant_settings == {"declared_fields_only": "false"}
        books.plant("jobs", "colour", {"name": "red"})
        books.plant("purchase_products", "colour", "red")
        books.rename("jobs", "log_information.updated_date", "changed_on")
        books.rename("purchase_products", "quantity", "pieces")
        jobs, purchases = caller.everything(COMPLETED), caller.purchases()
        assert jobs == [caller.books.rows("jobs")[row["id"]] for row in jobs]
        books.rename("purchase_products", "quantity", "quantity")
        again = caller.purchases()
        chosen = caller.get(COMPLETED, fields_set="number,colour").data

    assert {row["colour"]["name"] for row in jobs} == {"red"}
    assert {"changed_on" in row["log_information"] for row in jobs} == {True}
    assert {"updated_date" in row["log_information"] for row in jobs} == {False}
    bought = [line for row in purchases for line in row["products_set"]]
    assert {(line["colour"], "pieces" in line, "quantity" in line) for line in bought} == {
        ("red", True, False)
    }
    assert all("quantity" in line for row in again for line in row["products_set"])
    assert {tuple(row) for row in chosen} == {("number", "colour")}


def test_the_books_can_stir() -> None:
    with site() as caller:
        before = caller.books.rows("jobs")
        books = caller.sandbox.books(VENDOR)
        books.stir(1)
        caller.get(DRAFT)
        books.stir(0)
        caller.get(DRAFT)
        assert len(caller.books.rows("jobs").keys() - before.keys()) == 1


def test_an_error_may_come_with_status_200(caller: Caller) -> None:
    said = "Invalid parameter token_type"
    caller.sandbox.fault("error_200", vendor=VENDOR, code="COM.CRM.EXCEPTION.X", message=said)

    answers = [caller.get(DRAFT) for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 200]
    assert [answer.code for answer in answers] == ["COM.CRM.EXCEPTION.X", "OK"]
    assert answers[0].said == said


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        ("expired_token", 200, "The session has expired"),
        ("invalid_session", 403, "The session is invalid"),
    ],
)
def test_a_session_may_end_early(caller: Caller, fault: str, status: int, said: str) -> None:
    caller.sandbox.fault(fault, vendor=VENDOR, route="/purchases/", after=1)
    asked = {"classification_identifier": {"name": "SPARE PARTS"}}

    answers = [caller.post(PURCHASES, **asked) for _ in range(3)]

    assert [answer.status for answer in answers] == [200, status, 200]
    assert answers[0].code == "OK"
    assert answers[1].said == said
    assert answers[2].said == "The session has expired"
    assert caller.get(DRAFT).code != "OK"
    caller.log_in()
    assert caller.post(PURCHASES, **asked).code == "OK"


def test_a_list_may_be_none(caller: Caller) -> None:
    caller.sandbox.fault("not_a_list", vendor=VENDOR)

    assert isinstance(caller.get(DRAFT).data, str)
    assert isinstance(caller.get(DRAFT).data, list)


def test_a_list_may_be_the_last_one_again(caller: Caller) -> None:
    whole = caller.get(DRAFT).data
    caller.sandbox.fault("repeated_list", vendor=VENDOR, route="get_draft", after=1)
    caller.books.make("jobs")

    fresh = caller.get(DRAFT).data
    caller.books.make("jobs")

    assert len(fresh) == len(whole) + 1
    assert caller.get(DRAFT).data == fresh
    assert len(caller.get(DRAFT).data) == len(fresh) + 1
