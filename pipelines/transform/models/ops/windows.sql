select
  window_id,
  run_id,
  connection,
  vendor,
  table_name,
  committed_at,
  pages,
  bytes,
  rows_received,
  rows_new,
  rows_changed,
  rows_unchanged,
  rows_quarantined
from {{ source('ops', 'windows') }}
