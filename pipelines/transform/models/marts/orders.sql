with work_orders as (
  select order_key, count(*) as work_order_count
  from {{ ref('work_orders') }}
  group by order_key
)

select
  orders.document_key as order_key,
  orders.vendor,
  orders.connection,
  orders.document_number as order_number,
  documents.customer_key,
  documents.customer_name,
  orders.title,
  orders.reference,
  orders.purchase_order,
  orders.sales_rep,
  orders.rep,
  orders.created_on,
  orders.due_on,
  orders.quotation_count,
  coalesce(work_orders.work_order_count, 0) as work_order_count,
  documents.step,
  documents.stage,
  documents.stage_order,
  documents.outcome,
  documents.first_seen_at,
  documents.step_entered_at,
  documents.changed_at,
  documents.coverage_since
from {{ ref('int_orders') }} as orders
left join work_orders on work_orders.order_key = orders.document_key
left join {{ ref('int_documents') }} as documents
  on documents.document_type = 'order'
  and documents.document_key = orders.document_key
