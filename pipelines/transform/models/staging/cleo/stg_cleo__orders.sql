{#-
  The buyer's number of it is all that a purchase order is known by. Its amounts are those of its last
  document that is no cancellation.
-#}
with shipped as (
  select order_key, max(coalesce(document_on, said_on)) as delivered_on
  from {{ ref('stg_cleo__documents') }}
  where document_type = '856'
  group by order_key
)

select
  'cleo' as vendor,
  connection,
  document_key,
  purchase_order as document_number,
  null as title,
  null as reference,
  purchase_order,
  null as sales_rep,
  null as rep,
  coalesce(purchase_order_on, document_on) as created_on,
  null as due_on,
  shipped.delivered_on,
  0 as quotation_count,
  {{ last_said('currency_code') }} as currency_code,
  {{ last_said('total_amount') }} as total_amount,
  {{ last_said('beside_lines_amount') }} as beside_lines_amount
from {{ ref('stg_cleo__documents') }}
left join shipped on shipped.order_key = document_key
where document_type = '850'
qualify row_number() over (partition by document_key order by sequence desc) = 1
