select
  'crm_com' as vendor,
  line.connection,
  line._key as document_key,
  {{ clean('invoice.invoice_number') }} as document_number,
  'invoices' as table_name,
  line._key || chr(31) || line.line_number as line_key,
  line.line_number,
  {{ clean('line.product_code') }} as product_code,
  {{ clean('line.product_description') }} as product_name,
  line.quantity,
  line.cost_amount as unit_price_amount,
  line.net_amount,
  line.tax_amount,
  line.sub_total_amount as line_amount,
  {{ clean('invoice.currency_code') }} as currency_code
from {{ ref('crm_com__invoice_items') }} as line
join {{ ref('crm_com__invoices') }} as invoice on invoice._key = line._key
