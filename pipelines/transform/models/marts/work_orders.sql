select
  work_orders.document_key as work_order_key,
  deals.deal_key,
  work_orders.vendor,
  work_orders.connection,
  work_orders.document_number as work_order_number,
  work_orders.order_number,
  {{ document_key('work_orders.connection', 'work_orders.order_number') }} as order_key,
  documents.customer_key,
  documents.customer_name,
  work_orders.due_on,
  work_orders.delivery_on,
  work_orders.installation_on,
  work_orders.closed_on,
  work_orders.is_back_order,
  work_orders.is_closed,
  work_orders.workflow,
  work_orders.delivery_team,
  work_orders.installation_team,
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
from {{ ref('int_work_orders') }} as work_orders
left join {{ ref('int_deals') }} as deals
  on deals.document_type = 'work_order'
  and deals.document_key = work_orders.document_key
left join {{ ref('int_documents') }} as documents
  on documents.document_type = 'work_order'
  and documents.document_key = work_orders.document_key
