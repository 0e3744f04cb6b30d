{#- A purchase is what other vendors call an order; CRM.COM has no order of its own. -#}
select
  'crm_com' as vendor,
  connection,
  _key as document_key,
  {{ clean('purchase_number') }} as document_number,
  null as title,
  coalesce({{ clean('reference_number') }}, {{ clean('external_reference_number') }}) as reference,
  null as purchase_order,
  null as sales_rep,
  null as rep,
  performed_on as created_on,
  null as due_on,
  null as delivered_on,
  0 as quotation_count,
  null as currency_code,
  total_amount,
  0 as beside_lines_amount
from {{ ref('crm_com__purchases') }}
