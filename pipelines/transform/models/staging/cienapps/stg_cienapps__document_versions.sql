{#- A step's times are when we saw it: Cienapps says nothing of when a step was entered. -#}
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
  '{{ table }}' as table_name,
  row_number() over (partition by _key order by _version, _observed_at, _page_id, is_current)
    as version_number,
  step,
  valid_from,
  is_current,
  'observed' as time_source
from {{ ref('history__cienapps__' ~ table) }}
{% if not loop.last %}union all{% endif %}
{%- endfor %}
