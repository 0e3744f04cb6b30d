with named as (
  select sales_rep as name, vendor, created_on, 1 as quotations, 0 as orders
  from {{ ref('quotations') }}
  union all
  select rep, vendor, created_on, 0, 0 from {{ ref('quotations') }}
  union all
  select sales_rep, vendor, created_on, 0, 1 from {{ ref('orders') }}
  union all
  select rep, vendor, created_on, 0, 0 from {{ ref('orders') }}
),

keyed as (
  select *, {{ sales_rep_key('name') }} as sales_rep_key
  from named
)

select
  sales_rep_key,
  -- as the most documents write it
  mode(name order by name) as sales_rep,
  string_agg(distinct vendor, ', ' order by vendor) as vendors,
  cast(sum(quotations) as bigint) as quotation_count,
  cast(sum(orders) as bigint) as order_count,
  min(created_on) as first_document_on,
  max(created_on) as last_document_on
from keyed
where sales_rep_key is not null
group by sales_rep_key
