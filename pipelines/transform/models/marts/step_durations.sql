{#- A settled document stays in its last step for ever: that time says nothing. -#}
with stays as (
  select
    *,
    not is_current as is_ended,
    is_current and coalesce(outcome, 'open') = 'open' as is_going_on
  from {{ ref('document_steps') }}
)

select
  vendor,
  document_type,
  mode(step order by step) as step,
  any_value(stage) as stage,
  any_value(stage_order) as stage_order,
  any_value(outcome) as outcome,
  count(*) as stay_count,
  count(*) filter (where is_ended) as ended_count,
  median(days_in_step) filter (where is_ended) as median_days,
  quantile_cont(days_in_step, 0.25) filter (where is_ended) as lower_quartile_days,
  quantile_cont(days_in_step, 0.75) filter (where is_ended) as upper_quartile_days,
  count(*) filter (where is_going_on) as current_count,
  median(days_in_step) filter (where is_going_on) as median_days_so_far,
  string_agg(distinct time_source, ', ' order by time_source) as time_source,
  bool_and(is_complete) as is_complete
from stays
group by vendor, document_type, {{ step_key('step') }}
