-- how far each source table of each connection is loaded
select
  connection,
  vendor,
  table_name,
  complete_since,
  backfill_share,
  coalesce(backfill_share, 1) >= 1 as is_complete
from {{ source('ops', 'coverage') }}
