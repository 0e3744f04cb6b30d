{{ config(materialized='scratch') }}

-- one row per document: what every kind of document has in common
with seen as (
  select
    document_type,
    document_key,
    any_value(vendor) as vendor,
    any_value(connection) as connection,
    any_value(table_name) as table_name,
    min(valid_from) as first_seen_at,
    max(valid_from) filter (where is_current) as changed_at
  from {{ ref('int_document_versions') }}
  group by document_type, document_key
),

staged as (
  select
    *,
    last_value(stage) over (
      partition by document_type, document_key order by step_number
      rows between unbounded preceding and unbounded following
    ) as stage_now
  from {{ ref('document_steps') }}
),

-- a stage may take several steps: it was entered with the first of the last unbroken row of them
entered as (
  select document_type, document_key, min(entered_at) as stage_entered_at
  from (
    select
      *,
      coalesce(
        max(step_number) filter (where stage is distinct from stage_now) over (
          partition by document_type, document_key
        ),
        0
      ) as left_with
    from staged
  )
  where step_number > left_with
  group by document_type, document_key
)

select
  seen.document_type,
  seen.document_key,
  customers.customer_key,
  customers.customer_name,
  steps.step,
  steps.stage,
  steps.stage_order,
  steps.outcome,
  seen.first_seen_at,
  steps.entered_at as step_entered_at,
  -- of a document that was seen in another step before; when it came to its first, nobody knows
  case when steps.step_number > 1 then steps.entered_at end as step_changed_at,
  case when steps.is_current then entered.stage_entered_at end as stage_entered_at,
  seen.changed_at,
  coverage.complete_since as coverage_since,
  coalesce(coverage.is_complete, true) as is_complete
from seen
left join {{ ref('document_steps') }} as steps
  on steps.is_current
  and steps.document_type = seen.document_type
  and steps.document_key = seen.document_key
left join entered
  on entered.document_type = seen.document_type and entered.document_key = seen.document_key
left join {{ ref('int_document_customers') }} as blocks
  on blocks.document_type = seen.document_type
  and blocks.document_key = seen.document_key
left join {{ ref('customers') }} as customers on customers.customer_key = blocks.customer_key
left join {{ ref('int_coverage') }} as coverage
  on coverage.connection = seen.connection
  and coverage.vendor = seen.vendor
  and coverage.table_name = seen.table_name
