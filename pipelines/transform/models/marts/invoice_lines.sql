select
  lines.line_key as invoice_line_key,
  invoices.invoice_key,
  lines.vendor,
  lines.connection,
  lines.document_number as invoice_number,
  lines.line_number,
  lines.product_code,
  lines.product_name,
  lines.quantity,
  lines.unit_price_amount,
  lines.net_amount,
  lines.tax_amount,
  lines.line_amount,
  lines.currency_code,
  coalesce(coverage.is_complete, true) as is_complete
from {{ ref('int_invoice_lines') }} as lines
left join {{ ref('invoices') }} as invoices on invoices.invoice_key = lines.document_key
left join {{ ref('int_coverage') }} as coverage
  on coverage.connection = lines.connection
  and coverage.vendor = lines.vendor
  and coverage.table_name = lines.table_name
