{#- Text as it is shown: blanks collapsed and trimmed (whatever Unicode calls a space), NULL when empty. -#}
{% macro clean(text) -%}
  nullif(trim(regexp_replace({{ text }}, '[\x09-\x0d\x1c-\x20\x{85}\p{Z}]+', ' ', 'g')), '')
{%- endmacro %}

{#- What two spellings of one step have in common. maps.py looks for duplicates by the same rule. -#}
{% macro step_key(step) -%}
  lower(nfc_normalize({{ clean(step) }}))
{%- endmacro %}

{#- The one key of a document: how `_key` is made, for documents that another one names. -#}
{% macro document_key(connection, number) -%}
  {{ connection }} || chr(31) || {{ number }}
{%- endmacro %}

{#-
  What two spellings of one purchase order number have in common: upper case, blanks collapsed, without
  a leading PO before a digit ("PO 17", "po#17" and "17" are one). NULL where it has no digit: "VERBAL"
  is no number.
-#}
{% macro purchase_order_key(number) -%}
  regexp_replace(
    nullif(regexp_extract(upper({{ clean(number) }}), '^.*[0-9].*$'), ''), '^PO ?[#:-]? ?([0-9])', '\1'
  )
{%- endmacro %}
