{#-
  What a vendor's staging models offer the marts: one model per entity, named
  `stg_<vendor>__<entity>`, with at least these columns. A vendor that has none of an entity has no
  such model.
-#}
{% macro entity_columns(entity) -%}
  {%- set document = {
    'vendor': 'VARCHAR',
    'connection': 'VARCHAR',
    'document_key': 'VARCHAR',
    'document_number': 'VARCHAR',
  } -%}
  {%- set line = {
    'table_name': 'VARCHAR',
    'line_key': 'VARCHAR',
    'line_number': 'INTEGER',
    'product_code': 'VARCHAR',
    'product_name': 'VARCHAR',
    'quantity': 'DECIMAL(18, 4)',
    'unit_price_amount': 'DECIMAL(18, 4)',
    'net_amount': 'DECIMAL(18, 4)',
    'tax_amount': 'DECIMAL(18, 4)',
    'line_amount': 'DECIMAL(18, 4)',
    'currency_code': 'VARCHAR',
  } -%}
  {%- set columns = {
    'quotations': {
      'title': 'VARCHAR',
      'reference': 'VARCHAR',
      'purchase_order': 'VARCHAR',
      'sales_rep': 'VARCHAR',
      'rep': 'VARCHAR',
      'created_on': 'DATE',
      'validated_on': 'DATE',
      'closed_on': 'DATE',
    },
    'orders': {
      'title': 'VARCHAR',
      'reference': 'VARCHAR',
      'purchase_order': 'VARCHAR',
      'sales_rep': 'VARCHAR',
      'rep': 'VARCHAR',
      'created_on': 'DATE',
      'due_on': 'DATE',
      'delivered_on': 'DATE',
      'quotation_count': 'BIGINT',
      'currency_code': 'VARCHAR',
      'total_amount': 'DECIMAL(18, 4)',
      'beside_lines_amount': 'DECIMAL(18, 4)',
    },
    'work_orders': {
      'order_number': 'VARCHAR',
      'due_on': 'DATE',
      'delivery_on': 'DATE',
      'installation_on': 'DATE',
      'closed_on': 'DATE',
      'is_back_order': 'BOOLEAN',
      'is_closed': 'BOOLEAN',
      'workflow': 'VARCHAR',
      'delivery_team': 'VARCHAR',
      'installation_team': 'VARCHAR',
    },
    'document_versions': {
      'document_type': 'VARCHAR',
      'table_name': 'VARCHAR',
      'version_number': 'BIGINT',
      'step': 'VARCHAR',
      'valid_from': 'TIMESTAMP',
      'is_current': 'BOOLEAN',
      'time_source': 'VARCHAR',
    },
    'customers': {
      'document_type': 'VARCHAR',
      'company_name': 'VARCHAR',
      'first_name': 'VARCHAR',
      'last_name': 'VARCHAR',
      'phone': 'VARCHAR',
      'address': 'VARCHAR',
      'city': 'VARCHAR',
      'postal_code': 'VARCHAR',
      'origin': 'VARCHAR',
      'customer_since_on': 'DATE',
      'saved_at': 'TIMESTAMP',
      'saved_order': 'BIGINT',
    },
    'invoices': {
      'table_name': 'VARCHAR',
      'order_key': 'VARCHAR',
      'purchase_order': 'VARCHAR',
      'invoiced_on': 'DATE',
      'due_on': 'DATE',
      'currency_code': 'VARCHAR',
      'total_amount': 'DECIMAL(18, 4)',
      'beside_lines_amount': 'DECIMAL(18, 4)',
      'open_amount': 'DECIMAL(18, 4)',
      'state': 'VARCHAR',
      'is_void': 'BOOLEAN',
      'is_credit': 'BOOLEAN',
      'first_seen_at': 'TIMESTAMP',
      'changed_at': 'TIMESTAMP',
    },
    'partner_documents': {
      'document_type': 'VARCHAR',
      'order_key': 'VARCHAR',
      'purchase_order': 'VARCHAR',
    },
    'order_quotations': {
      'quotation_key': 'VARCHAR',
    },
    'web_orders': {
      'order_key': 'VARCHAR',
      'found_by': 'VARCHAR',
    },
    'order_lines': line,
    'invoice_lines': line,
    'payments': {
      'table_name': 'VARCHAR',
      'invoice_key': 'VARCHAR',
      'order_key': 'VARCHAR',
      'paid_on': 'DATE',
      'currency_code': 'VARCHAR',
      'paid_amount': 'DECIMAL(18, 4)',
      'method': 'VARCHAR',
    },
  } -%}
  {%- do return(dict(document, **columns[entity])) -%}
{%- endmacro %}

{#-
  Every vendor's rows of an entity. Which models those are, project.py reads from their names. Where a
  vendor names no currency, it is the one that the settings say of the connection.
-#}
{% macro union_of(entity) -%}
  {%- set columns = entity_columns(entity) -%}
  {%- for model in var('staging').get(entity, []) %}
select
    {%- for name, type in columns.items() %}
      {%- if name == 'currency_code' %}
  coalesce(cast(own.currency_code as {{ type }}), settings.currency_code) as currency_code
      {%- else %}
  cast(own.{{ name }} as {{ type }}) as {{ name }}
      {%- endif %}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ ref(model) }} as own
    {%- if 'currency_code' in columns %}
left join {{ source('ops', 'connections') }} as settings on settings.connection = own.connection
    {%- endif %}
    {%- if not loop.last %}
union all
    {%- endif %}
  {%- else %}
select
    {%- for name, type in columns.items() %}
  cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
where false
  {%- endfor %}
{%- endmacro %}
