select
  connection,
  vendor,
  table_name,
  field,
  first_seen_at,
  last_seen_at,
  rows_seen
from {{ source('ops', 'drift') }}
