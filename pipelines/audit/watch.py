"""The checks of every run: whether what a vendor tells is recent, whole and as much as usual.

A feed that died answers with an empty list, one that is ill with a part of its rows, and neither is
an error on the wire. So these are asked of the run's own record (`ops`), also when nothing came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipelines.audit.checks import Fact, Severity
from sources._tables.declare import Table

# a week holds every weekday, and is longer than any holiday weekend
WEEK_DAYS, WEEK_HOURS = 7, 168


def watch_facts(vendor: str, tables: Sequence[Table]) -> Iterator[Fact]:
    """What is asked of every connection of a vendor, with no word in its `checks.yml`."""
    yield _volume(
        "volume_as_usual",
        vendor,
        Severity.WARNING,
        "Far fewer changes came in the last days than usual; a part of the feed may be missing.",
        {"share": 0.25, "at_least": 20},
    )
    yield _volume(
        "volume_collapsed",
        vendor,
        Severity.CRITICAL,
        "Next to no changes came in the last days where many are usual; the vendor seems to answer "
        "with a part of its rows.",
        {"share": 0.15, "at_least": 50},
    )
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
    select connection from ops.freshness where vendor = '{vendor}'
    union
    select connection from ops.windows where vendor = '{vendor}'
) as known
left join ops.freshness as seen
    on seen.connection = known.connection
    and seen.vendor = '{vendor}'
    and seen.table_name = '{table}'
where seen.last_change_at is null
    or seen.last_change_at < $now - to_seconds($hours * 3600)
order by known.connection""".strip(),
        )


def _volume(
    name: str, vendor: str, severity: Severity, means: str, limits: Mapping[str, float]
) -> Fact:
    """Changes of the last week beside those of the four weeks before.

    The usual is the lower of the two weeks in the middle, so that neither a first load nor a
    holiday sets it. A table that is still being loaded, or was not read lately, is not asked: its
    silence says nothing of the vendor.
    """
    return Fact(
        name=name,
        vendor=vendor,
        table="ops.windows",
        severity=severity,
        means=means,
        every_run=True,
        parameters={"days": WEEK_DAYS, "periods": 4, **limits},
        failing=f"""
with known as (
    select connection, table_name,
        (date_diff('second', committed_at, $now) // ($days * 86400))::integer as period,
        rows_new + rows_changed as changes
    from ops.windows
    where vendor = '{vendor}' and committed_at <= $now
), summed as (
    select connection, table_name, period, sum(changes) as changes
    from known group by all
), spans as (
    select connection, table_name, unnest(range(0, $periods + 1)) as period
    from known
    group by connection, table_name
    having max(period) > $periods
), periods as (
    select spans.*, coalesce(summed.changes, 0) as changes
    from spans left join summed using (connection, table_name, period)
)
select connection, table_name,
    max(changes) filter (period = 0) as lately,
    quantile_disc(changes, 0.5) filter (period > 0) as usual
from periods
semi join (
    select connection, table_name from ops.freshness
    where vendor = '{vendor}' and last_read_at >= $now - to_days($days::integer)
) as read_lately using (connection, table_name)
anti join (
    select connection, table_name from ops.coverage
    where vendor = '{vendor}' and backfill_share < 1
) as loading using (connection, table_name)
group by connection, table_name
having usual >= $at_least and lately < $share * usual
order by connection, table_name""".strip(),
    )


def _alive(vendor: str) -> Fact:
    """A connection that nobody reads any more, or that fails, is told elsewhere."""
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
where vendor = '{vendor}'
group by connection
having max(last_change_at) < $now - to_seconds($hours * 3600)
    and max(last_read_at) >= $now - to_seconds($hours * 3600)
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
    where vendor = '{vendor}' and outcome <> 'running'
    qualify row_number() over (
        partition by connection, table_name order by started_at desc, sweep_id desc
    ) = 1
)
where outcome = 'refused'
order by connection, table_name""".strip(),
    )
