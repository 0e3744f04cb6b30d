with work_orders as (
  select
    order_key,
    count(*) as work_order_count,
    -- a delivery day is a plan until the work is done: the last one, where all of them are
    case
      when bool_and(delivery_on is not null and (outcome = 'won' or is_closed))
        then max(delivery_on)
    end as delivered_on
  from {{ ref('work_orders') }}
  group by order_key
),

-- a partner's order that another connection has too
twins as (
  select distinct from_key as order_key
  from {{ ref('int_links') }}
  where from_type = 'order' and to_type = 'order'
),

-- over several systems one of them gives a sale's amount: a twin where nothing else states one
counted as (
  select orders.document_key as order_key, orders.total_amount as counted_amount
  from {{ ref('int_orders') }} as orders
  join {{ ref('int_deals') }} as deals
    on deals.document_type = 'order' and deals.document_key = orders.document_key
  left join twins on twins.order_key = orders.document_key
  where orders.total_amount is not null
  qualify dense_rank() over (
    partition by deals.deal_key
    order by
      twins.order_key is not null,
      case when twins.order_key is not null then orders.connection end
  ) = 1
),

delivered as (
  select
    orders.document_key as order_key,
    coalesce(orders.delivered_on, work_orders.delivered_on) as delivered_on
  from {{ ref('int_orders') }} as orders
  left join work_orders on work_orders.order_key = orders.document_key
)

select
  orders.document_key as order_key,
  deals.deal_key,
  orders.vendor,
  orders.connection,
  orders.document_number as order_number,
  documents.customer_key,
  documents.customer_name,
  orders.title,
  orders.reference,
  orders.purchase_order,
  {{ sales_rep_key('orders.sales_rep') }} as sales_rep_key,
  orders.sales_rep,
  orders.rep,
  orders.created_on,
  orders.due_on,
  -- a day to come is a plan
  case
    when delivered.delivered_on <= cast(build.as_of as date) then delivered.delivered_on
  end as delivered_on,
  orders.currency_code,
  orders.total_amount,
  orders.beside_lines_amount,
  counted.counted_amount,
  twins.order_key is not null as is_twin,
  orders.quotation_count,
  coalesce(work_orders.work_order_count, 0) as work_order_count,
  documents.step,
  documents.stage,
  documents.stage_order,
  documents.outcome,
  documents.first_seen_at,
  documents.step_entered_at,
  documents.stage_entered_at,
  documents.changed_at,
  documents.coverage_since,
  documents.is_complete
from {{ ref('int_orders') }} as orders
cross join {{ source('inputs', 'build') }} as build
left join work_orders on work_orders.order_key = orders.document_key
left join twins on twins.order_key = orders.document_key
left join counted on counted.order_key = orders.document_key
left join delivered on delivered.order_key = orders.document_key
left join {{ ref('int_deals') }} as deals
  on deals.document_type = 'order'
  and deals.document_key = orders.document_key
left join {{ ref('int_documents') }} as documents
  on documents.document_type = 'order'
  and documents.document_key = orders.document_key
