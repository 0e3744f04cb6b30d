"""What is promised and done, as rows: jobs, activities, leads, subscriptions, provisioning."""

from __future__ import annotations

from sources.crm_com.sandbox.people import account_of, log_information
from sources.crm_com.sandbox.values import (
    IMPORTANCES,
    LEAD_CATEGORIES,
    LEAD_SOURCES,
    LEAD_TYPES,
    PROVIDERS,
    REFERENCES,
    USERS,
    Row,
    amount,
    reference,
)


def job(account: Row, key: str, number: int, times: tuple[str, str], style: int) -> Row:
    """A job that is drafted; `times` are when it is made and when it should be done."""
    made, expected = times
    return {
        "id": key,
        "number": f"J{number:09}",
        "description": ("CABINET DOOR HANGS", "COUNTERTOP SEAM", "YEARLY INSPECTION")[style % 3],
        "notes": None,
        "contact_email": None,
        "contact_phone": f"(250) 555-{style % 10_000:04}",
        "life_cycle_state": "DRAFT",
        "start_date": None,
        "expected_completion_date": expected,
        "actual_completed_date": None,
        "scheduled_date": None,
        "expiration_date": None,
        "amount_already_paid": amount(0),
        "items_receipt_method": ("PICKUP", "DELIVERY")[style % 2],
        "type": _one("job type", style),
        "category": _one("job category", style),
        "status": reference("job status", "OPEN"),
        "accounts_receivable": account_of(account),
        "assigned_to": reference("user", USERS[2]),
        "log_information": log_information(made, USERS[0]),
        "$account": account["id"],
    }


def activity(account: Row, key: str, number: int, times: tuple[str, str], style: int) -> Row:
    """An activity [A] that is planned; `times` are when it is made and when it is planned for."""
    made, planned = times
    return {
        "id": key,
        "number": f"A{number:08}",
        "description": "CALL BACK AFTER SERVICE",
        "life_cycle_state": "PENDING",
        "start_date": planned,
        "type": _one("activity type", style),
        "category": _one("activity category", style),
        "contact_information": _without_type(account["account_owner"]),
        "accounts_receivable": account_of(account),
        "assigned_to": reference("user", USERS[0]),
        "log_information": log_information(made, USERS[0]),
        "$account": account["id"],
    }


def lead(contact: Row, key: str, number: int, stamp: str, style: int) -> Row:
    """A lead [A] that is being worked on."""
    return {
        "id": key,
        "number": f"L{number:07}",
        "description": "WOULD LIKE A MAINTENANCE PLAN",
        "life_cycle_state": "IN PROGRESS",
        "importance": IMPORTANCES[style % len(IMPORTANCES)],
        "probability_to_win": 10 * (style % 10),
        "target_amount": amount(14_900 + style % 50 * 1000),
        "type": reference("lead type", LEAD_TYPES[style // 3 % 2]),
        "category": reference("lead category", LEAD_CATEGORIES[style // 7 % 2]),
        "source": reference("lead source", LEAD_SOURCES[style // 11 % 3]),
        "contact_information": {name: contact[name] for name in ("id", "name")},
        "accounts_receivable": None,
        "log_information": log_information(stamp, USERS[0]),
    }


def subscription(account: Row, key: str, number: int, stamp: str, style: int) -> Row:
    """A subscription [A] to a maintenance plan."""
    return {
        "id": key,
        "number": f"S{number:010}",
        "life_cycle_state": "ACTIVE",
        "notes": None,
        "first_activated_date": stamp,
        "type": _one("subscription type", style),
        "accounts_receivable": account_of(account),
        "log_information": log_information(stamp, USERS[0]),
        "$account": account["id"],
    }


def provisioning(owner: Row, key: str, number: int, kind: str, stamp: str) -> Row:
    """A pending provisioning request [A] of a subscription."""
    return {
        "id": key,
        "number": f"PR{number:08}",
        "type": kind,
        "life_cycle_state": "PENDING",
        "scheduled_date": stamp,
        "executed_date": None,
        "reference_number": None,
        "provisioning_provider": reference("provider", PROVIDERS[0]),
        "subscription": {"id": owner["id"], "number": owner["number"]},
        "log_information": log_information(stamp, USERS[0]),
        "$account": owner["$account"],
    }


def _without_type(owner: Row) -> Row:
    return {name: value for name, value in owner.items() if name != "type"}


def _one(kind: str, style: int) -> Row:
    names = REFERENCES[kind]
    return reference(kind, names[style % len(names)])
