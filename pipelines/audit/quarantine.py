"""The checks of every run on rows that could not be typed, and on columns that wait to be filled.

They are asked of the work file, which knows each row; the published one has counts. A row that was
typed by a replay, corrected, sent again or discarded is settled, and counts no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipelines.audit.checks import Fact, Reads, Severity
from sources._tables.quoting import literal

DAYS = 7
SETTLE = (
    "penstock quarantine list tells why; replay them after a repair, or discard them with a reason."
)
_SHOWN = "connection, table_name, rows_open, rows_received, one_of_them"


@dataclass(frozen=True)
class Threshold:
    """How much of a table may be open in quarantine; beyond it a publish is refused.

    Attributes:
        amount: a share from 0 to 1, or rows.
        is_share: of the rows that came in the last days, those of them that are open; otherwise
            all open rows count, whenever they came.
    """

    amount: float
    is_share: bool


def quarantine_facts(vendor: str, thresholds: Mapping[str, Threshold]) -> Iterator[Fact]:
    """What is asked of every connection of a vendor, with no word in its `checks.yml`, and more.

    Args:
        vendor: its name.
        thresholds: those of the checks files, by table.
    """
    yield _small(vendor)
    yield _flood(vendor, thresholds)
    yield _retyped(vendor)
    for table, threshold in thresholds.items():
        yield (_share if threshold.is_share else _rows)(vendor, table, threshold.amount)


def _open(vendor: str) -> str:
    """What of the last days is open, per connection and table, as `compared`.

    A row that has several faults is one row. What a replay reads again came only once.
    """
    return f"""
with held as (
    select connection, table_name, count(distinct (page_id, row_number)) as rows_open,
        min(quarantine_id) as one_of_them
    from ops.quarantine
    where vendor = {literal(vendor)} and resolved_at is null
        and received_at > $now - to_days($days::integer)
    group by connection, table_name
), came as (
    select connection, table_name, sum(rows_received)::bigint as rows_received
    from ops.windows
    where vendor = {literal(vendor)} and not coalesce(is_replay, false)
        and committed_at > $now - to_days($days::integer)
    group by connection, table_name
), compared as (
    select held.*, coalesce(rows_received, 0) as rows_received,
        coalesce(rows_open / nullif(rows_received, 0), 1) as share_open
    from held left join came using (connection, table_name)
)""".strip()


def _small(vendor: str) -> Fact:
    return Fact(
        name="quarantine_small",
        vendor=vendor,
        table="ops.quarantine",
        severity=Severity.WARNING,
        means="Many rows of the last days could not be read and wait in quarantine; tables are "
        f"short of them. {SETTLE}",
        every_run=True,
        reads=Reads.RAW,
        parameters={"days": DAYS, "share": 0.01},
        failing=f"""
{_open(vendor)}
select {_SHOWN}
from compared
where share_open > $share
order by connection, table_name""".strip(),
    )


def _flood(vendor: str, thresholds: Mapping[str, Threshold]) -> Fact:
    """A table with a threshold of its own is not asked."""
    others = ", ".join(literal(table) for table in sorted(thresholds))
    asked = f"\n    and table_name not in ({others})" if others else ""
    return Fact(
        name="quarantine_flood",
        vendor=vendor,
        table="ops.quarantine",
        severity=Severity.CRITICAL,
        means="So many rows of the last days could not be read that the table is a remnant: the "
        f"vendor writes otherwise than is declared. {SETTLE}",
        every_run=True,
        reads=Reads.RAW,
        parameters={"days": DAYS, "share": 0.2, "at_least": 20},
        failing=f"""
{_open(vendor)}
select {_SHOWN}
from compared
where share_open > $share and rows_open >= $at_least{asked}
order by connection, table_name""".strip(),
    )


def _share(vendor: str, table: str, share: float) -> Fact:
    return Fact(
        name="quarantine",
        vendor=vendor,
        table=table,
        severity=Severity.CRITICAL,
        means="More of its last days' rows could not be read than its threshold in the checks "
        f"allows. {SETTLE}",
        every_run=True,
        reads=Reads.RAW,
        parameters={"days": DAYS, "share": share},
        failing=f"""
{_open(vendor)}
select {_SHOWN}
from compared
where table_name = {literal(table)} and share_open > $share
order by connection""".strip(),
    )


def _rows(vendor: str, table: str, rows: float) -> Fact:
    return Fact(
        name="quarantine",
        vendor=vendor,
        table=table,
        severity=Severity.CRITICAL,
        means="More of its rows wait in quarantine than its threshold in the checks allows. "
        f"{SETTLE}",
        every_run=True,
        reads=Reads.RAW,
        parameters={"rows": int(rows)},
        failing=f"""
select connection, count(distinct (page_id, row_number)) as rows_open,
    min(quarantine_id) as one_of_them
from ops.quarantine
where vendor = {literal(vendor)} and table_name = {literal(table)} and resolved_at is null
group by connection
having rows_open > $rows
order by connection""".strip(),
    )


def _retyped(vendor: str) -> Fact:
    return Fact(
        name="retyping_finished",
        vendor=vendor,
        table="ops.retyping",
        severity=Severity.CRITICAL,
        means="Columns of a table were emptied and its pages are still to be typed anew, so it "
        "lacks what they held; penstock archive replay CONNECTION --tables TABLE --retype does it.",
        every_run=True,
        reads=Reads.RAW,
        failing=f"""
select connection, table_name, min(begun_at) as begun_at
from ops.retyping
where vendor = {literal(vendor)}
group by connection, table_name
order by connection, table_name""".strip(),
    )
