with versions as (
  select *, {{ step_key('step') }} as step_key
  from {{ ref('int_document_versions') }}
),

-- a spell begins where the step differs from the version before; going back begins another one
marked as (
  select
    *,
    row_number() over document = 1
      or step_key is distinct from lag(step_key) over document as begins
  from versions
  window document as (partition by document_type, document_key order by version_number)
),

-- a time without any step ends the spell before it and is no spell itself
spells as (
  select
    *,
    valid_from as entered_at,
    lead(valid_from) over (
      partition by document_type, document_key order by version_number
    ) as left_at
  from marked
  where begins
)

select
  spells.document_type,
  spells.document_key,
  spells.vendor,
  spells.connection,
  spells.document_number,
  cast(row_number() over (
    partition by spells.document_type, spells.document_key order by version_number
  ) as integer) as step_number,
  {{ clean('spells.step') }} as step,
  steps.stage,
  steps.stage_order,
  steps.outcome,
  spells.entered_at,
  spells.left_at,
  spells.left_at is null as is_current,
  epoch(coalesce(spells.left_at, build.as_of) - spells.entered_at) / 86400 as days_in_step,
  spells.time_source,
  coalesce(coverage.is_complete, true) as is_complete
from spells
cross join {{ source('inputs', 'build') }} as build
left join {{ ref('int_steps') }} as steps
  on steps.vendor = lower(spells.vendor)
  and steps.document_type = spells.document_type
  and steps.step_key = spells.step_key
left join {{ ref('int_coverage') }} as coverage
  on coverage.connection = spells.connection
  and coverage.vendor = spells.vendor
  and coverage.table_name = spells.table_name
where spells.step_key is not null
