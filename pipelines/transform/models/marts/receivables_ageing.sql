select
  invoices.vendor,
  invoices.currency_code,
  invoices.ageing_bucket,
  list_position(
    ['not due', '1-30', '31-60', '61-90', 'over 90', 'no due date'], invoices.ageing_bucket
  ) as bucket_order,
  count(*) as invoice_count,
  sum(invoices.open_amount) as open_amount,
  bool_and(loading.connection is null) as is_complete
from {{ ref('invoices') }} as invoices
left join {{ ref('int_loading') }} as loading on loading.connection = invoices.connection
where invoices.ageing_bucket is not null
group by invoices.vendor, invoices.currency_code, invoices.ageing_bucket
