select
  'crm_com' as vendor,
  line.connection,
  line._key as document_key,
  {{ clean('purchase.purchase_number') }} as document_number,
  'purchases' as table_name,
  line._key || chr(31) || line.line_number as line_key,
  line.line_number,
  {{ clean('line.product_code') }} as product_code,
  {{ clean('line.product_description') }} as product_name,
  line.quantity,
  -- it says what the line costs, not one unit
  null as unit_price_amount,
  line.net_amount,
  line.vat_amount as tax_amount,
  line.total_amount as line_amount,
  null as currency_code
from {{ ref('crm_com__purchase_products') }} as line
join {{ ref('crm_com__purchases') }} as purchase on purchase._key = line._key
