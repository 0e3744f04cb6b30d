select
  connection,
  vendor,
  table_name,
  complete_since,
  backfill_share,
  note
from {{ source('ops', 'coverage') }}
