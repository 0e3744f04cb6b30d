{#-
  How a customer is recognised where the vendor has no customer number:
  docs/decisions/0002-customer-matching.md. Each part is NULL when nothing is left of it.
-#}

{#- Case, accents, ligatures, punctuation and spaces do not tell two names apart. -#}
{% macro folded_name(name) -%}
  nullif(regexp_replace(
    replace(replace(lower(strip_accents(nfc_normalize({{ name }}))), 'œ', 'oe'), 'æ', 'ae'),
    '[^\p{L}\p{N}]+', '', 'g'
  ), '')
{%- endmacro %}

{#- The name that identifies: the company's, else last and first name. -#}
{% macro customer_identity(company, last_name, first_name) -%}
  coalesce({{ folded_name(company) }}, {{ folded_name("concat_ws(' ', " ~ last_name ~ ", " ~ first_name ~ ")") }})
{%- endmacro %}

{#- Digits only; the country code of North America is dropped from eleven digits. -#}
{% macro folded_phone(phone) -%}
  nullif(regexp_replace(regexp_replace({{ phone }}, '[^0-9]+', '', 'g'), '^1([0-9]{10})$', '\1'), '')
{%- endmacro %}

{#- Letters and digits, upper case: "V9X 1T8" is "V9X1T8". -#}
{% macro folded_postal_code(postal_code) -%}
  nullif(regexp_replace(upper({{ postal_code }}), '[^A-Z0-9]+', '', 'g'), '')
{%- endmacro %}

{#-
  The key: 64 bits of an MD5, prefixed so that no spreadsheet reads it as a number. NULL when there is
  neither name nor phone: a postal code alone recognises nobody.
-#}
{% macro customer_key(company, last_name, first_name, phone, postal_code) -%}
  {%- set name = customer_identity(company, last_name, first_name) -%}
  case when {{ name }} is not null or {{ folded_phone(phone) }} is not null then
    'c_' || left(md5(
      coalesce({{ name }}, '')
      || chr(31) || coalesce({{ folded_phone(phone) }}, '')
      || chr(31) || coalesce({{ folded_postal_code(postal_code) }}, '')
    ), 16)
  end
{%- endmacro %}

{#- A person's key: the name without case, accents, punctuation and spaces. -#}
{% macro sales_rep_key(name) -%}
  'r_' || left(md5({{ folded_name(name) }}), 16)
{%- endmacro %}
