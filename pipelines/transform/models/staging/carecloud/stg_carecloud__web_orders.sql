{#- The purchase that an order of the web shop became: stg_carecloud__sales says when it is one. -#}
select
  'carecloud' as vendor,
  placed.connection,
  placed._key as document_key,
  coalesce(placed.order_number, placed.order_id) as document_number,
  purchase._key as order_key,
  'order number' as found_by
from {{ ref('carecloud__orders') }} as placed
join {{ ref('carecloud__purchases') }} as purchase
  on purchase.connection = placed.connection
  and purchase.customer_id = placed.customer_id
  and purchase.external_purchase_id in (placed.order_number, placed.order_id)
where placed.deleted_at is null
  and purchase.deleted_at is null
  and coalesce(purchase.total_amount, 0) >= 0
