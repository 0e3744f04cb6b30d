select
  'cimcloud' as vendor,
  sales.connection,
  sales.document_key,
  sales.document_number,
  null as title,
  null as reference,
  {{ clean('sales.purchase_order') }} as purchase_order,
  {{ clean('sales.sales_rep') }} as sales_rep,
  {{ clean('account.sales_rep') }} as rep,
  sales.ordered_on as created_on,
  null as due_on,
  sales.delivered_on,
  0 as quotation_count,
  null as currency_code,
  sales.total_amount,
  sales.beside_lines_amount
from {{ ref('stg_cimcloud__sales') }} as sales
left join {{ ref('cimcloud__accounts') }} as account on account._key = sales.account_key
