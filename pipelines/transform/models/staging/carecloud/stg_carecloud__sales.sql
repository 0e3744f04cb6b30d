{#-
  One row per sale, and whose it is. A purchase is a sale made; an order that a purchase of the same
  customer names as its own number is that sale and stands here once, as the purchase. Without a
  customer nothing says so: till receipts and web orders are numbered apart. A return that names an
  order gives back what was sold, so the order stays. What was deleted is none; a customer who was
  deleted is still whose the sale was.

  The two tables are numbered apart, so the key of an order says that it is one. The vendor says
  nothing of when an order was placed.
-#}
with purchases as (
  select * from {{ ref('carecloud__purchases') }} where deleted_at is null
),

orders as (
  select *
  from {{ ref('carecloud__orders') }} as placed
  where placed.deleted_at is null
    and not exists (
      from purchases
      where purchases.connection = placed.connection
        and purchases.customer_id = placed.customer_id
        and coalesce(purchases.total_amount, 0) >= 0
        and purchases.external_purchase_id in (placed.order_number, placed.order_id)
    )
),

-- a purchase that was ordered online was shipped as its order was
shipped as (
  select purchases._key, max(cast(placed.shipped_at as date)) as shipped_on
  from purchases
  join {{ ref('carecloud__orders') }} as placed
    on placed.connection = purchases.connection
    and placed.customer_id = purchases.customer_id
    and purchases.external_purchase_id in (placed.order_number, placed.order_id)
  where placed.deleted_at is null and coalesce(purchases.total_amount, 0) >= 0
  group by purchases._key
),

sales as (
  select
    'purchases' as table_name,
    connection,
    _key,
    _key as document_key,
    external_purchase_id as document_number,
    cast(paid_at as date) as made_on,
    customer_id,
    currency_id,
    total_amount,
    0 as beside_lines_amount,
    shipped_on
  from purchases
  left join shipped using (_key)
  union all
  select
    'orders',
    connection,
    _key,
    connection || chr(31) || 'order' || substr(_key, length(connection) + 1),
    coalesce(order_number, order_id),
    null,
    customer_id,
    currency_id,
    total_amount,
    -- what a discount code takes off is not documented
    case when coalesce(json_array_length(discount_codes), 0) = 0 then 0 end,
    cast(shipped_at as date)
  from orders
)

select
  sales.table_name,
  sales.connection,
  sales._key,
  sales.document_key,
  sales.document_number,
  sales.made_on,
  customer._key as customer_key,
  {{ clean('currency.currency_code') }} as currency_code,
  sales.total_amount,
  sales.beside_lines_amount,
  sales.shipped_on
from sales
left join {{ ref('carecloud__customers') }} as customer
  on customer.connection = sales.connection and customer.customer_id = sales.customer_id
left join {{ ref('carecloud__currencies') }} as currency
  on currency.connection = sales.connection and currency.currency_id = sales.currency_id
