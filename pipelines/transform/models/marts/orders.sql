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

pairs as (
  select from_key, to_key
  from {{ ref('int_links') }}
  where from_type = 'order' and to_type = 'order'
),

-- a partner's order that another connection has too, and what that one says of it
twins as (
  select
    pairs.from_key as order_key,
    min(pairs.to_key) as of_order,
    bool_or(other.total_amount is not null) as is_stated,
    bool_and(coalesce(standing.outcome = 'lost', false)) as is_cancelled
  from pairs
  join {{ ref('int_orders') }} as other on other.document_key = pairs.to_key
  left join {{ ref('int_documents') }} as standing
    on standing.document_type = 'order' and standing.document_key = pairs.to_key
  where pairs.to_key not in (select from_key from pairs)
  group by pairs.from_key
),

placed as (
  select
    orders.document_key as order_key,
    orders.connection,
    orders.total_amount,
    twins.order_key is not null as is_twin,
    twins.of_order,
    twins.is_stated,
    twins.is_cancelled,
    bool_or(twins.order_key is null and standing.outcome is distinct from 'lost')
      over (partition by deals.deal_key) as is_sale
  from {{ ref('int_orders') }} as orders
  join {{ ref('int_deals') }} as deals
    on deals.document_type = 'order' and deals.document_key = orders.document_key
  left join {{ ref('int_documents') }} as standing
    on standing.document_type = 'order' and standing.document_key = orders.document_key
  left join twins on twins.order_key = orders.document_key
),

-- over several systems one of them gives an order's amount: a twin where the other one states none,
-- one mailbox where two have it; where the other one is cancelled and the deal goes on, nobody
counted as (
  select order_key, total_amount as counted_amount
  from placed
  where not is_twin or not is_stated and total_amount is not null
    and not (is_cancelled and is_sale)
  qualify not is_twin or row_number() over (
    partition by of_order, is_twin order by connection, order_key
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
