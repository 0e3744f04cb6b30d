with blocks as (
  select document_type, document_key, customer_key
  from {{ ref('int_document_customers') }}
  where document_type in ('invoice', 'order')
)

select
  invoices.document_key as invoice_key,
  invoices.vendor,
  invoices.connection,
  invoices.document_number as invoice_number,
  customers.customer_key,
  customers.customer_name,
  invoices.purchase_order,
  invoices.order_key,
  invoices.invoiced_on,
  invoices.due_on,
  invoices.currency_code,
  invoices.total_amount,
  invoices.open_amount,
  invoices.state,
  invoices.is_credit,
  invoices.first_seen_at,
  invoices.changed_at,
  coverage.complete_since as coverage_since
from {{ ref('int_invoices') }} as invoices
left join blocks as own
  on own.document_type = 'invoice' and own.document_key = invoices.document_key
left join blocks as ordered
  on ordered.document_type = 'order' and ordered.document_key = invoices.order_key
left join {{ ref('customers') }} as customers
  on customers.customer_key = coalesce(own.customer_key, ordered.customer_key)
left join {{ source('ops', 'coverage') }} as coverage
  on coverage.connection = invoices.connection
  and coverage.vendor = invoices.vendor
  and coverage.table_name = invoices.table_name
