select
  connection,
  vendor,
  table_name,
  complete_since,
  backfill_share,
  expected_at,
  note
from {{ source('ops', 'coverage') }}
