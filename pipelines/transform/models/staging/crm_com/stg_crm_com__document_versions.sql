{#- A step's times are when we saw it: CRM.COM says when a row changed, not when a state was given. -#}
{%- set documents = {
  'order': ('purchases', 'purchase_number', 'life_cycle_state'),
  'work_order': ('jobs', 'job_number', 'life_cycle_state'),
  'quotation': (
    'leads',
    'lead_number',
    "coalesce(" ~ clean('life_cycle_state') ~ ", " ~ clean(
      "case json_type(status) when 'OBJECT' then status ->> '$.name' when 'VARCHAR' then status ->> '$' end"
    ) ~ ")",
  ),
} -%}
{%- for document_type, (table, number, step) in documents.items() %}
select
  'crm_com' as vendor,
  connection,
  _key as document_key,
  {{ clean(number) }} as document_number,
  '{{ document_type }}' as document_type,
  '{{ table }}' as table_name,
  row_number() over (partition by _key order by _version, _observed_at, _page_id, is_current)
    as version_number,
  {{ step }} as step,
  valid_from,
  is_current,
  'observed' as time_source
from {{ ref('history__crm_com__' ~ table) }}
{% if not loop.last %}union all{% endif %}
{%- endfor %}
