with tables as (
  select
    coalesce(fresh.connection, coverage.connection) as connection,
    coalesce(fresh.vendor, coverage.vendor) as vendor,
    fresh.last_read_at,
    fresh.last_change_at,
    fresh.expected_within_hours is not null and (
      fresh.last_change_at is null
      or fresh.last_change_at < build.as_of - to_seconds(fresh.expected_within_hours * 3600)
    ) as is_stale,
    coverage.complete_since,
    coalesce(coverage.backfill_share, 1) as loaded_share,
    coalesce(coverage.is_complete, true) as is_complete
  from {{ source('ops', 'freshness') }} as fresh
  full join {{ ref('int_coverage') }} as coverage
    on coverage.connection = fresh.connection and coverage.table_name = fresh.table_name
  cross join {{ source('inputs', 'build') }} as build
)

select
  vendor,
  connection,
  count(*) as table_count,
  max(last_read_at) as last_read_at,
  max(last_change_at) as last_change_at,
  count(*) filter (where is_stale) as stale_count,
  count(*) filter (where is_complete) as complete_count,
  min(loaded_share) as loaded_share,
  case when count(*) = count(complete_since) then max(complete_since) end as complete_since,
  bool_or(is_stale) as is_stale,
  bool_and(is_complete) as is_complete
from tables
group by vendor, connection
