-- the order that a partner's invoice is for: in its own connection, and elsewhere by its number
with invoices as (
  select *, {{ purchase_order_key('purchase_order') }} as purchase_order_key
  from {{ ref('int_partner_documents') }}
  where document_type = 'invoice'
),

ordered as (
  select invoices.document_key, invoices.vendor, orders.document_key as order_key,
    orders.vendor as order_vendor
  from invoices
  join {{ ref('int_orders') }} as orders on orders.document_key = invoices.order_key
  union all
  select invoices.document_key, invoices.vendor, other.document_key, other.vendor
  from invoices
  join {{ ref('int_purchase_orders') }} as other
    on other.purchase_order_key = invoices.purchase_order_key
    and other.connection <> invoices.connection
    and other.namesakes = 1
  -- two orders of its own connection have the number: whose it is elsewhere nobody can tell
  where not exists (
    from {{ ref('int_purchase_orders') }} as own
    where own.purchase_order_key = invoices.purchase_order_key
      and own.connection = invoices.connection
      and own.namesakes > 1
  )
)

select
  'order' as from_type,
  order_key as from_key,
  order_vendor as from_vendor,
  'invoice' as to_type,
  document_key as to_key,
  vendor as to_vendor,
  'purchase order number' as found_by
from ordered
