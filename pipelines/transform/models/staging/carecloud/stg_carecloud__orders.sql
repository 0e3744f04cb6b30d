{#- The day of a purchase is that of its payment, in UTC. -#}
select
  'carecloud' as vendor,
  connection,
  document_key,
  document_number,
  null as title,
  null as reference,
  null as purchase_order,
  null as sales_rep,
  null as rep,
  made_on as created_on,
  null as due_on,
  shipped_on as delivered_on,
  0 as quotation_count,
  currency_code,
  total_amount,
  beside_lines_amount
from {{ ref('stg_carecloud__sales') }}
