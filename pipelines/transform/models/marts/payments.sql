select
  payments.document_key as payment_key,
  payments.vendor,
  payments.connection,
  payments.document_number as payment_number,
  payments.invoice_key,
  payments.order_key,
  coalesce(invoices.customer_key, orders.customer_key) as customer_key,
  coalesce(invoices.customer_name, orders.customer_name) as customer_name,
  payments.paid_on,
  payments.currency_code,
  payments.paid_amount,
  payments.method,
  coalesce(coverage.is_complete, true) as is_complete
from {{ ref('int_payments') }} as payments
left join {{ ref('invoices') }} as invoices on invoices.invoice_key = payments.invoice_key
left join {{ ref('orders') }} as orders on orders.order_key = payments.order_key
left join {{ ref('int_coverage') }} as coverage
  on coverage.connection = payments.connection
  and coverage.vendor = payments.vendor
  and coverage.table_name = payments.table_name
