-- maps/steps.csv by the key that steps are matched on; never more than one line per key
select
  lower(vendor) as vendor,
  document_type,
  {{ step_key('step') }} as step_key,
  stage,
  stage_order,
  outcome
from {{ source('inputs', 'steps') }}
qualify row_number() over (partition by lower(vendor), document_type, step_key order by line) = 1
