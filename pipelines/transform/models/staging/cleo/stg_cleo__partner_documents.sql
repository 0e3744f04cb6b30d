{#- What partners sent and names a purchase order: orders and invoices, by the last document of each. -#}
select
  'cleo' as vendor,
  connection,
  document_key,
  case document_type when '850' then purchase_order else invoice_number end as document_number,
  case document_type when '850' then 'order' else 'invoice' end as document_type,
  order_key,
  purchase_order
from {{ ref('stg_cleo__documents') }}
where document_type in ('850', '810')
qualify row_number() over (partition by document_key order by sequence desc) = 1
