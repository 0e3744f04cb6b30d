select
  vendor,
  connection,
  document_type,
  min(step) as step,
  count(distinct document_key) as documents
from {{ ref('document_steps') }}
where stage is null
group by vendor, connection, document_type, {{ step_key('step') }}
