{#- A job is what other vendors call a work order. Nothing says which purchase it belongs to. -#}
select
  'crm_com' as vendor,
  connection,
  _key as document_key,
  {{ clean('job_number') }} as document_number,
  null as order_number,
  expected_on as due_on,
  null as delivery_on,
  scheduled_on as installation_on,
  completed_on as closed_on,
  null as is_back_order,
  upper({{ clean('life_cycle_state') }}) in ('COMPLETED', 'CANCELLED') as is_closed,
  {{ clean('type_name') }} as workflow,
  null as delivery_team,
  {{ clean('assigned_to_name') }} as installation_team
from {{ ref('crm_com__jobs') }}
