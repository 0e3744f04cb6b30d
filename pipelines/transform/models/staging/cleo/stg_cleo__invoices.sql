{#-
  EDI says what is to be paid, nothing of what has been. Amounts are those of the last document
  that is no cancellation.
-#}
select
  'cleo' as vendor,
  connection,
  document_key,
  invoice_number as document_number,
  'documents' as table_name,
  order_key,
  purchase_order,
  coalesce(invoice_on, document_on) as invoiced_on,
  null as due_on,
  {{ last_said('currency_code') }} as currency_code,
  {{ last_said('total_amount') }} as total_amount,
  {{ last_said('beside_lines_amount') }} as beside_lines_amount,
  null as open_amount,
  case when purpose_code = '01' then 'Cancelled' end as state,
  coalesce(purpose_code = '01', false) as is_void,
  coalesce(kind_code in ('CR', 'CN'), false) as is_credit,
  min(first_seen_at) over (partition by document_key) as first_seen_at,
  changed_at
from {{ ref('stg_cleo__documents') }}
where document_type = '810'
qualify row_number() over (partition by document_key order by sequence desc) = 1
