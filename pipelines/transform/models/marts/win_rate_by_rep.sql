select
  deals.vendor,
  deals.sales_rep_key,
  any_value(reps.sales_rep) as sales_rep,
  count(*) as deal_count,
  count(*) filter (where deals.outcome = 'open') as open_count,
  count(*) filter (where deals.outcome = 'won') as won_count,
  count(*) filter (where deals.outcome = 'lost') as lost_count,
  -- nothing over nothing is no rate
  won_count / nullif(won_count + lost_count, 0) as win_rate,
  median(deals.age_days) filter (where deals.outcome in ('won', 'lost')) as median_days_to_settle,
  bool_and(deals.is_complete) as is_complete
from {{ ref('sales_pipeline') }} as deals
left join {{ ref('sales_reps') }} as reps using (sales_rep_key)
where deals.quotation_count > 0
group by deals.vendor, deals.sales_rep_key
