{#-
  Whether an item's price is of one unit or of all is not documented: it is what makes the items of its
  purchase come to its total, else that of one unit.
-#}
with sales as (
  select table_name, _key, document_key, document_number, currency_code, total_amount
  from {{ ref('stg_carecloud__sales') }}
),

priced as (
  select
    sales.*,
    items.is_of_all
  from sales
  join (
    select
      item._key,
      abs(any_value(total_amount) - sum(price_amount * quantity)) > 0.05
        and abs(any_value(total_amount) - sum(price_amount)) <= 0.05 as is_of_all
    from {{ ref('carecloud__purchase_items') }} as item
    join sales on sales._key = item._key and sales.table_name = 'purchases'
    group by item._key
  ) as items on items._key = sales._key
  where sales.table_name = 'purchases'
)

select
  'carecloud' as vendor,
  line.connection,
  sale.document_key,
  sale.document_number,
  'purchases' as table_name,
  sale.document_key || chr(31) || line.line_number as line_key,
  line.line_number,
  {{ clean('product.product_code') }} as product_code,
  coalesce({{ clean('line.product_name') }}, {{ clean('product.product_name') }}) as product_name,
  line.quantity,
  case
    when sale.is_of_all then line.price_amount / nullif(line.quantity, 0)
    else line.price_amount
  end as unit_price_amount,
  null as net_amount,
  null as tax_amount,
  case when sale.is_of_all then line.price_amount else line.price_amount * line.quantity end
    as line_amount,
  sale.currency_code
from {{ ref('carecloud__purchase_items') }} as line
join priced as sale on sale._key = line._key
left join {{ ref('carecloud__products') }} as product
  on product.connection = line.connection and product.product_id = line.product_id
union all
select
  'carecloud',
  line.connection,
  sales.document_key,
  sales.document_number,
  'orders',
  sales.document_key || chr(31) || line.line_number,
  line.line_number,
  {{ clean('product.product_code') }},
  {{ clean('product.product_name') }},
  line.quantity,
  line.unit_price_amount,
  null,
  null,
  line.unit_price_amount * line.quantity,
  sales.currency_code
from {{ ref('carecloud__order_items') }} as line
join sales on sales._key = line._key and sales.table_name = 'orders'
left join {{ ref('carecloud__products') }} as product
  on product.connection = line.connection and product.product_id = line.product_variant_id
