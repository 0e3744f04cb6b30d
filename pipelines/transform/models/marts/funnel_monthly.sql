select
  vendor,
  cast(date_trunc('month', opened_on) as date) as month,
  count(*) as deal_count,
  count(*) filter (where quotation_count > 0) as quoted_count,
  count(*) filter (where order_count > 0) as ordered_count,
  count(*) filter (where invoice_count > 0) as invoiced_count,
  count(*) filter (where outcome = 'won') as won_count,
  count(*) filter (where outcome = 'lost') as lost_count,
  count(*) filter (where outcome = 'open') as open_count,
  count(*) filter (where outcome is null) as unmapped_count,
  bool_and(is_complete) as is_complete
from {{ ref('sales_pipeline') }}
group by all
