"""The checks of every run: whether what a vendor tells is recent, whole and as much as usual.

A feed that died answers with an empty list, one that is ill with a part of its rows, and neither is
an error on the wire. So these are asked of the run's own record (`ops`), also when nothing came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipelines.audit.checks import Fact, Severity
from sources._tables.declare import Table
from sources._tables.quoting import literal

# a week holds every weekday, and is longer than any holiday weekend
WEEK_DAYS, WEEK_HOURS = 7, 168


def watch_facts(vendor: str, tables: Sequence[Table]) -> Iterator[Fact]:
    """What is asked of every connection of a vendor, with no word in its `checks.yml`."""
    yield _as_usual(vendor)
    yield _collapsed(vendor)
    yield _alive(vendor)
    if any(table.swept for table in tables):
        yield _believed(vendor)


def freshness_facts(vendor: str, hours: Mapping[str, float]) -> Iterator[Fact]:
    """One fact per table that has an hour limit: something must have changed within it.

    The change counts, not the answer: a dead feed answers with an empty list for months.
    """
    for table, limit in hours.items():
        yield Fact(
            name="freshness",
            vendor=vendor,
            table=table,
            severity=Severity.WARNING,
            means=f"Nothing new has come for this table in {limit:g} hours; what you see may be "
            "older than it looks, even where the vendor still answers.",
            every_run=True,
            parameters={"hours": limit},
            failing=f"""
select known.connection, seen.last_read_at, seen.last_change_at
from (
    select connection from ops.freshness where vendor = {literal(vendor)}
    union
    select connection from ops.windows where vendor = {literal(vendor)}
) as known
left join ops.freshness as seen
    on seen.connection = known.connection
    and seen.vendor = {literal(vendor)}
    and seen.table_name = {literal(table)}
where seen.last_change_at is null
    or seen.last_change_at < $now - to_seconds($hours * 3600)
order by known.connection""".strip(),
        )


def _weeks(vendor: str) -> str:
    """Changes of each table in each of the last weeks, the last being 0, as `weeks`.

    Weeks go back from when the table was last read: what the vendor was not asked for, it could
    not answer. A table that is still being loaded, was not read lately or has no four weeks behind
    it is not asked. What was read from the archive once more is none of the vendor's changes.
    """
    return f"""
with known as (
    select connection, table_name,
        (greatest(date_diff('second', committed_at, seen.last_read_at), 0)
            // ($days * 86400))::integer as week,
        rows_new + rows_changed as changes
    from ops.windows
    join ops.freshness as seen using (connection, vendor, table_name)
    where vendor = {literal(vendor)} and not coalesce(is_replay, false) and committed_at <= $now
        and seen.last_read_at >= $now - to_days($days::integer)
), spans as (
    select connection, table_name, unnest(range(0, $periods + 1)) as week
    from known
    anti join (
        select connection, table_name from ops.coverage
        where vendor = {literal(vendor)} and backfill_share < 1
    ) as loading using (connection, table_name)
    group by connection, table_name
    having max(week) > $periods
), summed as (
    select connection, table_name, week, sum(changes) as changes
    from known group by all
), weeks as (
    select connection, table_name, week, coalesce(changes, 0) as changes
    from spans left join summed using (connection, table_name, week)
)""".strip()


def _as_usual(vendor: str) -> Fact:
    """Table by table, beside the lower of the two middle weeks of the four before."""
    return Fact(
        name="volume_as_usual",
        vendor=vendor,
        table="ops.windows",
        severity=Severity.WARNING,
        means="Far fewer changes came in the last days than usual; a part of the feed may be "
        "missing.",
        every_run=True,
        parameters={"days": WEEK_DAYS, "periods": 4, "share": 0.25, "at_least": 20},
        failing=f"""
{_weeks(vendor)}
select connection, table_name,
    max(changes) filter (week = 0) as lately,
    quantile_disc(changes, 0.5) filter (week > 0) as usual
from weeks
group by connection, table_name
having usual >= $at_least and lately < $share * usual
order by connection, table_name""".strip(),
    )


def _collapsed(vendor: str) -> Fact:
    """All tables of a connection together, beside the quietest of the four weeks before.

    Neither a table that is revised now and then, nor a first load, nor a busy week sets the usual.
    """
    return Fact(
        name="volume_collapsed",
        vendor=vendor,
        table="ops.windows",
        severity=Severity.CRITICAL,
        means="Next to no changes came in the last days where many are usual; the vendor seems to "
        "answer with a part of its rows.",
        every_run=True,
        parameters={"days": WEEK_DAYS, "periods": 4, "share": 0.15, "at_least": 50},
        failing=f"""
{_weeks(vendor)}, together as (
    select connection, week, sum(changes) as changes from weeks group by connection, week
)
select connection,
    max(changes) filter (week = 0) as lately,
    min(changes) filter (week > 0) as usual_at_least
from together
group by connection
having usual_at_least >= $at_least and lately < $share * usual_at_least
order by connection""".strip(),
    )


def _alive(vendor: str) -> Fact:
    """A connection that nobody reads any more, or that fails, is told elsewhere.

    Counted to when the table that was read longest ago was read, so that a pause of ours is none of
    the vendor's. A table that was not read for a month is taken for one that is read no more.
    """
    return Fact(
        name="feed_alive",
        vendor=vendor,
        table="ops.freshness",
        severity=Severity.CRITICAL,
        means="The vendor answers, and nothing has changed in any of its tables for so long that "
        "the feed must be taken for dead.",
        every_run=True,
        parameters={"hours": WEEK_HOURS},
        failing=f"""
select connection, count(*) as table_count,
    max(last_read_at) as last_read_at, max(last_change_at) as last_change_at
from ops.freshness
where vendor = {literal(vendor)} and last_read_at >= $now - to_days(30)
group by connection
having max(last_change_at) <= min(last_read_at) - to_seconds($hours * 3600)
    and max(last_read_at) >= $now - to_days(1)
order by connection""".strip(),
    )


def _believed(vendor: str) -> Fact:
    return Fact(
        name="last_sweep_believed",
        vendor=vendor,
        table="ops.sweeps",
        severity=Severity.CRITICAL,
        means="The vendor's whole list lacked too much to be believed: it answers in part, or much "
        "was deleted at once; what was deleted since is still shown.",
        every_run=True,
        failing=f"""
select connection, table_name, finished_at, message
from (
    select * from ops.sweeps
    where vendor = {literal(vendor)} and outcome <> 'running'
    qualify row_number() over (
        partition by connection, table_name order by started_at desc, sweep_id desc
    ) = 1
)
where outcome = 'refused'
order by connection, table_name""".strip(),
    )
