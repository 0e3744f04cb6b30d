{#- Cienapps repeats its customer on every document and numbers none of them. -#}
{%- set documents = {
  'quotation': ('quotations', 'quotation_number'),
  'order': ('orders', 'order_number'),
  'work_order': ('work_orders', 'work_order_number'),
} -%}
{%- for document_type, (table, number) in documents.items() %}
select
  'cienapps' as vendor,
  connection,
  _key as document_key,
  cast({{ number }} as varchar) as document_number,
  '{{ document_type }}' as document_type,
  {{ clean('customer_company_name') }} as company_name,
  {{ clean('customer_first_name') }} as first_name,
  {{ clean('customer_last_name') }} as last_name,
  {{ clean('customer_phone') }} as phone,
  {{ clean('customer_address') }} as address,
  {{ clean('customer_city') }} as city,
  {{ clean('customer_postal_code') }} as postal_code,
  {{ clean('customer_origin') }} as origin,
  cast(customer_created_at as date) as customer_since_on,
  _observed_at as saved_at,
  _version as saved_order
from {{ ref('cienapps__' ~ table) }}
{% if not loop.last %}union all{% endif %}
{%- endfor %}
