-- whose an invoice is: its own customer, else that of the order it is for
with blocks as (
  select document_type, document_key, customer_key
  from {{ ref('int_document_customers') }}
  where document_type in ('invoice', 'order')
)

select
  invoices.document_key,
  coalesce(own.customer_key, ordered.customer_key) as customer_key
from {{ ref('int_invoices') }} as invoices
left join blocks as own
  on own.document_type = 'invoice' and own.document_key = invoices.document_key
left join blocks as ordered
  on ordered.document_type = 'order' and ordered.document_key = invoices.order_key
