{#- What the ERP made of a web order: one order, or several where it split it. -#}
select
  'cimcloud' as vendor,
  web.connection,
  web._key as document_key,
  cast(web.web_order_number as varchar) as document_number,
  erp._key as order_key,
  'web order number' as found_by
from {{ ref('cimcloud__orders') }} as web
join {{ ref('cimcloud__order_history') }} as erp
  on erp.connection = web.connection and erp.web_order_number = web.web_order_number
where web.deleted_at is null and erp.deleted_at is null
