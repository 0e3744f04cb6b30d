{#-
  Whose a document with a number is: the party's own id; else that of its sender's other documents of
  the number, where those that have one agree; else the sender, else the party's name.

  `documents` names the window of the number's documents from that sender.
-#}
{% macro party_of_document(id, name, documents) -%}
  coalesce(
    {{ id }},
    case
      when min({{ id }}) over {{ documents }} = max({{ id }}) over {{ documents }}
        then min({{ id }}) over {{ documents }}
    end,
    sender_id,
    {{ name }},
    ''
  )
{%- endmacro %}

{#-
  What the last document that says it has, of the documents that are one order or one invoice; a
  cancellation says nothing of amounts that counts.
-#}
{% macro last_said(column) -%}
  first_value(case when coalesce(purpose_code, '00') <> '01' then {{ column }} end ignore nulls) over (
    partition by document_key order by sequence desc
    rows between unbounded preceding and unbounded following
  )
{%- endmacro %}

{#- Lines of the last of the documents that are one order or one invoice that has any, cancellations aside. -#}
{% macro last_lines(document_type, number) -%}
with holding as (
  select _key, connection, document_key, {{ number }} as document_number, currency_code
  from {{ ref('stg_cleo__documents') }}
  where document_type = '{{ document_type }}'
    and line_count > 0
    and coalesce(purpose_code, '00') <> '01'
  qualify row_number() over (partition by document_key order by sequence desc) = 1
)

select
  'cleo' as vendor,
  holding.connection,
  holding.document_key,
  holding.document_number,
  'documents' as table_name,
  holding.document_key || chr(31) || line.line_number as line_key,
  line.line_number,
  {{ clean('coalesce(line.vendor_part_number, line.buyer_part_number, line.upc)') }} as product_code,
  {{ clean('line.description') }} as product_name,
  line.quantity,
  line.unit_price_amount,
  line.line_amount as net_amount,
  null as tax_amount,
  line.line_amount,
  holding.currency_code
from holding
join {{ ref('cleo__document_lines') }} as line on line._key = holding._key
{%- endmacro %}
