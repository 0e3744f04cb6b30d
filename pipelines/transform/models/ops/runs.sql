select
  run_id,
  started_at,
  finished_at,
  outcome,
  exit_code,
  penstock_version,
  seconds,
  message
from {{ source('ops', 'runs') }}
