{#- Lines of the last document of each purchase order that has any and is no cancellation. -#}
with holding as (
  select _key, connection, document_key, purchase_order as document_number, currency_code
  from {{ ref('stg_cleo__documents') }}
  where document_type = '850' and line_count > 0 and coalesce(purpose_code, '00') <> '01'
  qualify row_number() over (partition by document_key order by sequence desc) = 1
)

select
  'cleo' as vendor,
  holding.connection,
  holding.document_key,
  holding.document_number,
  'documents' as table_name,
  holding.document_key || chr(31) || line.line_number as line_key,
  line.line_number,
  {{ clean('coalesce(line.vendor_part_number, line.buyer_part_number, line.upc)') }} as product_code,
  {{ clean('line.description') }} as product_name,
  line.quantity,
  line.unit_price_amount,
  line.line_amount as net_amount,
  null as tax_amount,
  line.line_amount,
  holding.currency_code
from holding
join {{ ref('cleo__document_lines') }} as line on line._key = holding._key
