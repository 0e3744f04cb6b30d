{{ config(materialized='scratch') }}

{#- Each kind of link is a model of its own; all have these columns. -#}
{%- for links in ('int_named_links', 'int_order_links', 'int_invoice_links') %}
select from_type, from_key, from_vendor, to_type, to_key, to_vendor, found_by
from {{ ref(links) }}
{% if not loop.last %}union all{% endif %}
{%- endfor %}
