with quotations_behind as (
  select _key, count(distinct quotation_number) as quotation_count
  from {{ ref('cienapps__order_quotations') }}
  group by _key
)

select
  'cienapps' as vendor,
  connection,
  _key as document_key,
  order_number as document_number,
  {{ clean('title') }} as title,
  {{ clean('reference') }} as reference,
  {{ clean('purchase_order') }} as purchase_order,
  coalesce({{ clean('sales_rep_name') }}, {{ clean('sales_rep_login') }}) as sales_rep,
  coalesce({{ clean('rep_name') }}, {{ clean('rep_login') }}) as rep,
  created_on,
  due_on,
  null as delivered_on,
  coalesce(quotation_count, 0) as quotation_count,
  null as currency_code,
  null as total_amount,
  null as beside_lines_amount
from {{ ref('cienapps__orders') }}
left join quotations_behind using (_key)
