select
  'cienapps' as vendor,
  connection,
  _key as document_key,
  work_order_number as document_number,
  order_number,
  due_on,
  delivery_on,
  installation_on,
  closed_on,
  is_back_order,
  is_closed,
  {{ clean('workflow') }} as workflow,
  {{ clean('delivery_team') }} as delivery_team,
  {{ clean('installation_team') }} as installation_team
from {{ ref('cienapps__work_orders') }}
