with owed as (
  select
    invoices.document_key,
    date_diff('day', invoices.due_on, cast(build.as_of as date)) as days_overdue
  from {{ ref('int_invoices') }} as invoices
  cross join {{ source('inputs', 'build') }} as build
  where not invoices.is_void and invoices.open_amount <> 0
)

select
  invoices.document_key as invoice_key,
  deals.deal_key,
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
  invoices.beside_lines_amount,
  invoices.open_amount,
  owed.days_overdue,
  case
    when owed.document_key is null then null
    when owed.days_overdue is null then 'no due date'
    when owed.days_overdue <= 0 then 'not due'
    when owed.days_overdue <= 30 then '1-30'
    when owed.days_overdue <= 60 then '31-60'
    when owed.days_overdue <= 90 then '61-90'
    else 'over 90'
  end as ageing_bucket,
  invoices.state,
  invoices.is_void,
  invoices.is_credit,
  invoices.first_seen_at,
  invoices.changed_at,
  coverage.complete_since as coverage_since,
  coalesce(coverage.is_complete, true) as is_complete
from {{ ref('int_invoices') }} as invoices
left join owed on owed.document_key = invoices.document_key
left join {{ ref('int_deals') }} as deals
  on deals.document_type = 'invoice' and deals.document_key = invoices.document_key
left join {{ ref('int_invoice_customers') }} as whose
  on whose.document_key = invoices.document_key
left join {{ ref('customers') }} as customers on customers.customer_key = whose.customer_key
left join {{ ref('int_coverage') }} as coverage
  on coverage.connection = invoices.connection
  and coverage.vendor = invoices.vendor
  and coverage.table_name = invoices.table_name
