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
    cast(null as decimal(18, 4)) as total_amount,
    coalesce(closed_on, validated_on, cast(step_entered_at as date)) as settled_on
  from {{ ref('quotations') }}
  union all
  select
    'order',
    order_key,
    {{ common }},
    is_twin,
    currency_code,
    total_amount,
    case
      when outcome = 'lost' then cast(step_entered_at as date)
      else coalesce(created_on, cast(first_seen_at as date))
    end
  from {{ ref('orders') }}
),

-- the leading document comes first: it says where the deal stands
placed as (
  select
    *,
    row_number() over (
      partition by deal_key
      order by
        phase = 'order' desc,
        is_twin,
        coalesce(list_position(['open', 'won', 'lost'], outcome), 4),
        stage_order desc nulls last,
        created_on desc nulls last,
        document_key
    ) as place,
    bool_or(phase = 'order') over (partition by deal_key) as has_orders
  from documents
),

-- an order that is not cancelled is a sale that was made, however far it has come
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
  group by deal_key
),

-- a twin's amount counts where nothing else gives one, and a cancelled order's where all are
valued as (
  select
    deal_key,
    currency_code,
    total_amount
  from placed
  join decided using (deal_key)
  where phase = 'order'
    and total_amount is not null
    and (placed.outcome is distinct from 'lost' or decided.outcome = 'lost')
  qualify dense_rank() over (
    partition by deal_key order by is_twin, case when is_twin then connection end
  ) = 1
),

amounts as (
  select
    deal_key,
    any_value(currency_code) as currency_code,
    sum(total_amount) as value_amount
  from valued
  group by deal_key
  having count(distinct coalesce(currency_code, '')) = 1
),

others as (
  select
    deal_key,
    count(*) filter (where document_type = 'work_order') as work_order_count,
    count(*) filter (where document_type = 'invoice' and not coalesce(is_void, false))
      as invoice_count
  from {{ ref('int_deals') }}
  left join (select invoice_key, is_void from {{ ref('invoices') }}) as invoices
    on document_type = 'invoice' and invoice_key = document_key
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
      when 'lost' then max(settled_on)
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
  greatest(
    date_diff('day', deals.opened_on, coalesce(deals.settled_on, cast(build.as_of as date))), 0
  ) as age_days,
  deals.stage_entered_at,
  epoch(build.as_of - deals.stage_entered_at) / 86400 as days_in_stage,
  amounts.currency_code,
  amounts.value_amount,
  deals.quotation_count,
  deals.order_count,
  others.work_order_count,
  others.invoice_count,
  deals.leading_key,
  held.is_complete
from deals
cross join {{ source('inputs', 'build') }} as build
left join amounts using (deal_key)
left join others using (deal_key)
left join {{ ref('int_deal_connections') }} as held using (deal_key)
