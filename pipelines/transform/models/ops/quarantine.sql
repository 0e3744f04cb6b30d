-- counts only: what a row held stays in the private file
select
  connection,
  vendor,
  table_name,
  reason,
  string_agg(distinct column_name, ', ' order by column_name) as column_names,
  count(distinct (page_id, row_number)) filter (where resolved_at is null) as rows_open,
  count(distinct (page_id, row_number)) filter (where resolved_at is not null) as rows_resolved,
  min(received_at) as first_received_at,
  max(received_at) as last_received_at
from {{ source('ops', 'quarantine') }}
group by connection, vendor, table_name, reason
