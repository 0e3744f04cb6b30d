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
