with quoted as (
  select deal_key, min(created_on) as quoted_on
  from {{ ref('quotations') }}
  group by deal_key
),

invoiced as (
  select links.from_key as order_key, min(invoices.invoiced_on) as invoiced_on
  from {{ ref('int_links') }} as links
  join {{ ref('invoices') }} as invoices on invoices.invoice_key = links.to_key
  where links.from_type = 'order' and links.to_type = 'invoice' and not invoices.is_void
  group by links.from_key
),

held as (
  select deal_key, is_complete from {{ ref('int_deal_connections') }}
)

select
  orders.order_key,
  orders.vendor,
  orders.connection,
  orders.order_number,
  orders.customer_key,
  orders.customer_name,
  quoted.quoted_on,
  orders.created_on as ordered_on,
  orders.due_on,
  orders.delivered_on,
  invoiced.invoiced_on,
  date_diff('day', quoted.quoted_on, orders.created_on) as days_quote_to_order,
  date_diff('day', orders.created_on, orders.delivered_on) as days_order_to_delivery,
  date_diff('day', orders.created_on, invoiced.invoiced_on) as days_order_to_invoice,
  case
    when orders.delivered_on is not null
      then date_diff('day', orders.due_on, orders.delivered_on)
    when orders.outcome = 'open'
      then date_diff('day', orders.due_on, cast(build.as_of as date))
  end as days_late,
  held.is_complete
from {{ ref('orders') }} as orders
cross join {{ source('inputs', 'build') }} as build
left join quoted using (deal_key)
left join invoiced on invoiced.order_key = orders.order_key
left join held using (deal_key)
