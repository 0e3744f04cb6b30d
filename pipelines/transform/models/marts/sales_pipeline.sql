{%- set common -%}
    deal_key,
    vendor,
    connection,
    customer_key,
    customer_name,
    title,
    sales_rep_key,
    sales_rep,
    created_on,
    stage,
    stage_order,
    outcome,
    stage_entered_at
{%- endset -%}
with documents as (
  select
    'quotation' as phase,
    quotation_key as document_key,
    {{ common }},
    false as is_twin,
    cast(null as varchar) as currency_code,
    cast(null as decimal(18, 4)) as counted_amount,
    coalesce(closed_on, validated_on) as stated_on
  from {{ ref('quotations') }}
  union all
  select
    'order',
    order_key,
    {{ common }},
    is_twin,
    currency_code,
    counted_amount,
    case when outcome in ('open', 'won') then created_on end
  from {{ ref('orders') }}
),

-- the leading document comes first: it says where the deal stands
placed as (
  select
    documents.*,
    -- an order without a day that goes on from step to step is not made anew with each of them
    case
      when phase = 'order' and documents.outcome in ('open', 'won') then stated_on
      else coalesce(stated_on, cast(seen.step_changed_at as date))
    end as settled_on,
    row_number() over (
      partition by deal_key
      order by
        phase = 'order' desc,
        is_twin,
        coalesce(list_position(['open', 'won', 'lost'], documents.outcome), 4),
        documents.stage_order desc nulls last,
        created_on desc nulls last,
        documents.document_key
    ) as place,
    bool_or(phase = 'order') over (partition by deal_key) as has_orders
  from documents
  left join {{ ref('int_documents') }} as seen
    on seen.document_type = documents.phase and seen.document_key = documents.document_key
),

-- an order that is not cancelled is a sale that was made, however far it has come; of a twin the
-- other order says it
decided as (
  select
    deal_key,
    case
      when bool_or(
        phase = 'order' and outcome in ('open', 'won') or not has_orders and outcome = 'won'
      ) then 'won'
      when bool_or(not has_orders and outcome = 'open') then 'open'
      when bool_or(outcome is null and (phase = 'order' or not has_orders)) then null
      else 'lost'
    end as outcome
  from placed
  where not is_twin
  group by deal_key
),

-- a cancelled order's amount counts where all are cancelled
amounts as (
  select
    deal_key,
    any_value(currency_code) as currency_code,
    sum(counted_amount) as value_amount
  from placed
  join decided using (deal_key)
  where counted_amount is not null
    and (placed.outcome is distinct from 'lost' or decided.outcome = 'lost')
  group by deal_key
  having count(distinct coalesce(currency_code, '')) = 1
),

jobs as (
  select deal_key, count(*) as work_order_count
  from {{ ref('int_deals') }}
  where document_type = 'work_order'
  group by deal_key
),

billed as (
  select deal_key, count(*) as invoice_count
  from {{ ref('invoices') }}
  where not is_void
  group by deal_key
),

deals as (
  select
    placed.deal_key,
    arg_min(placed.vendor, place) as vendor,
    arg_min(placed.connection, place) as connection,
    arg_min(customer_key, place) as customer_key,
    arg_min(customer_name, place) as customer_name,
    arg_min(title, place) as title,
    arg_min(sales_rep_key, place) as sales_rep_key,
    arg_min(sales_rep, place) as sales_rep,
    arg_min(phase, place) as phase,
    any_value(stage) filter (where place = 1) as stage,
    any_value(stage_order) filter (where place = 1) as stage_order,
    any_value(stage_entered_at) filter (where place = 1) as stage_entered_at,
    any_value(decided.outcome) as outcome,
    min(created_on) as opened_on,
    case any_value(decided.outcome)
      when 'won' then coalesce(
        min(settled_on) filter (where phase = 'order' and placed.outcome in ('open', 'won')),
        min(settled_on) filter (where placed.outcome = 'won')
      )
      when 'lost' then case
        when bool_or(phase = 'order') then max(settled_on) filter (where phase = 'order')
        else max(settled_on)
      end
    end as settled_on,
    count(*) filter (where phase = 'quotation') as quotation_count,
    count(*) filter (where phase = 'order' and not is_twin) as order_count,
    arg_min(document_key, place) as leading_key
  from placed
  join decided using (deal_key)
  group by placed.deal_key
)

select
  deals.deal_key,
  deals.vendor,
  deals.connection,
  held.vendors,
  deals.customer_key,
  deals.customer_name,
  deals.title,
  deals.sales_rep_key,
  deals.sales_rep,
  deals.phase,
  deals.stage,
  deals.stage_order,
  deals.outcome,
  deals.opened_on,
  deals.settled_on,
  case when aged.days < 0 then 0 else aged.days end as age_days,
  deals.stage_entered_at,
  epoch(build.as_of - deals.stage_entered_at) / 86400 as days_in_stage,
  amounts.currency_code,
  amounts.value_amount,
  deals.quotation_count,
  deals.order_count,
  coalesce(jobs.work_order_count, 0) as work_order_count,
  coalesce(billed.invoice_count, 0) as invoice_count,
  deals.leading_key,
  held.is_complete
from deals
cross join {{ source('inputs', 'build') }} as build
-- a deal that is settled, nobody knows since when, has no age
cross join lateral (
  select
    date_diff(
      'day',
      deals.opened_on,
      case
        when deals.outcome in ('won', 'lost') then deals.settled_on
        else cast(build.as_of as date)
      end
    ) as days
) as aged
left join amounts using (deal_key)
left join jobs using (deal_key)
left join billed using (deal_key)
left join {{ ref('int_deal_connections') }} as held using (deal_key)
