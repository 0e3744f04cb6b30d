select
  connection,
  vendor,
  table_name,
  sweep_id,
  started_at,
  finished_at,
  outcome,
  keys_seen,
  keys_vanished,
  keys_returned,
  message
from {{ source('ops', 'sweeps') }}
