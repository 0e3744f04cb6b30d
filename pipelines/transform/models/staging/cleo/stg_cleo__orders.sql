{#- The buyer's number of it is all that a purchase order is known by. -#}
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
  0 as quotation_count
from {{ ref('stg_cleo__documents') }}
where document_type = '850'
qualify row_number() over (partition by document_key order by sequence desc) = 1
