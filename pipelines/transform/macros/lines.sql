{#- A mart of lines: those of every vendor, each with its document where that is here. -#}
{% macro lines_of(document) -%}
select
  lines.line_key as {{ document }}_line_key,
  documents.{{ document }}_key,
  lines.vendor,
  lines.connection,
  lines.document_number as {{ document }}_number,
  lines.line_number,
  lines.product_code,
  lines.product_name,
  lines.quantity,
  lines.unit_price_amount,
  lines.net_amount,
  lines.tax_amount,
  lines.line_amount,
  lines.currency_code,
  coalesce(coverage.is_complete, true) as is_complete
from {{ ref('int_' ~ document ~ '_lines') }} as lines
left join {{ ref(document ~ 's') }} as documents
  on documents.{{ document }}_key = lines.document_key
left join {{ ref('int_coverage') }} as coverage
  on coverage.connection = lines.connection
  and coverage.vendor = lines.vendor
  and coverage.table_name = lines.table_name
{%- endmacro %}
