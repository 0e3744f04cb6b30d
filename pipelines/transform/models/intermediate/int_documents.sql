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
  seen.changed_at,
  coverage.complete_since as coverage_since
from seen
left join {{ ref('document_steps') }} as steps
  on steps.is_current
  and steps.document_type = seen.document_type
  and steps.document_key = seen.document_key
left join {{ ref('int_document_customers') }} as blocks
  on blocks.document_type = seen.document_type
  and blocks.document_key = seen.document_key
left join {{ ref('customers') }} as customers on customers.customer_key = blocks.customer_key
left join {{ source('ops', 'coverage') }} as coverage
  on coverage.connection = seen.connection
  and coverage.vendor = seen.vendor
  and coverage.table_name = seen.table_name
