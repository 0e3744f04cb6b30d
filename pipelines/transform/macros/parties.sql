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
