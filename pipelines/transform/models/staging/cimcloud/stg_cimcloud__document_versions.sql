{#- A step's times are when we saw it: CIMcloud says nothing of when a status was given. -#}
{%- set tables = {'order_history': 'status', 'orders': 'lifecycle_stage'} -%}
{%- for table, step in tables.items() %}
select
  'cimcloud' as vendor,
  sales.connection,
  sales.document_key,
  sales.document_number,
  'order' as document_type,
  sales.table_name,
  row_number() over (
    partition by version._key
    order by version._version, version._observed_at, version._page_id, version.is_current
  ) as version_number,
  version.{{ step }} as step,
  version.valid_from,
  version.is_current,
  'observed' as time_source
from {{ ref('stg_cimcloud__sales') }} as sales
join {{ ref('history__cimcloud__' ~ table) }} as version on version._key = sales._key
where sales.table_name = '{{ table }}'
{% if not loop.last %}union all{% endif %}
{%- endfor %}
