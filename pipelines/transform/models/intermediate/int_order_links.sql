-- a partner's purchase order and the same order in another connection, where each has the number once
with partners as (
  select document_key
  from {{ ref('int_partner_documents') }}
  where document_type = 'order'
),

numbered as (
  select *, document_key in (from partners) as is_partners
  from {{ ref('int_purchase_orders') }}
  where namesakes = 1
)

select
  'order' as from_type,
  own.document_key as from_key,
  own.vendor as from_vendor,
  'order' as to_type,
  other.document_key as to_key,
  other.vendor as to_vendor,
  'purchase order number' as found_by
from numbered as own
join numbered as other
  on other.purchase_order_key = own.purchase_order_key and other.connection <> own.connection
where own.is_partners
  -- two mailboxes with the same order: once, not there and back
  and (not other.is_partners or own.document_key < other.document_key)
