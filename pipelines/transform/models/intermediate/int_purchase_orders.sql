-- orders by the purchase order number they are known by, and how many of the connection have it
select
  vendor,
  connection,
  document_key,
  {{ purchase_order_key('purchase_order') }} as purchase_order_key,
  count(*) over (partition by connection, purchase_order_key) as namesakes
from {{ ref('int_orders') }}
where purchase_order_key is not null
