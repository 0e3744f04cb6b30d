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
  rows_quarantined,
  coalesce(is_replay, false) as is_replay
from {{ source('ops', 'windows') }}
