select
  connection,
  vendor,
  table_name,
  last_read_at,
  last_change_at,
  expected_within_hours
from {{ source('ops', 'freshness') }}
