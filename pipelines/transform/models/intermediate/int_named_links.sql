-- what a document of one connection says itself: the quotations of an order, the order of a work order
-- or an invoice, the web order of an order
select
  'quotation' as from_type,
  quotations.document_key as from_key,
  quotations.vendor as from_vendor,
  'order' as to_type,
  orders.document_key as to_key,
  orders.vendor as to_vendor,
  'named on the order' as found_by
from {{ ref('int_order_quotations') }} as named
join {{ ref('int_quotations') }} as quotations on quotations.document_key = named.quotation_key
join {{ ref('int_orders') }} as orders on orders.document_key = named.document_key
union all
select
  'order',
  orders.document_key,
  orders.vendor,
  'work_order',
  work_orders.document_key,
  work_orders.vendor,
  'named on the work order'
from {{ ref('int_work_orders') }} as work_orders
join {{ ref('int_orders') }} as orders
  on orders.document_key = {{ document_key('work_orders.connection', 'work_orders.order_number') }}
union all
select
  'order',
  orders.document_key,
  orders.vendor,
  'invoice',
  invoices.document_key,
  invoices.vendor,
  'named on the invoice'
from {{ ref('int_invoices') }} as invoices
join {{ ref('int_orders') }} as orders on orders.document_key = invoices.order_key
-- a partner's names a purchase order: int_invoice_links
where invoices.document_key not in (
  select document_key from {{ ref('int_partner_documents') }} where document_type = 'invoice'
)
union all
select
  'web_order',
  web_orders.document_key,
  web_orders.vendor,
  'order',
  orders.document_key,
  orders.vendor,
  web_orders.found_by
from {{ ref('int_web_orders') }} as web_orders
join {{ ref('int_orders') }} as orders on orders.document_key = web_orders.order_key
