{#-
  Where an order stands is its status, or whether it is paid where it has none; a purchase is a sale
  made, or one taken back where its total is below nothing. Times are the vendor's own change times, the first one of a purchase
  that of its payment.
-#}
{%- set steps = {
  'purchases': (
    "case when version.total_amount < 0 then 'Returned' else 'Purchased' end", 'version.paid_at'
  ),
  'orders': ("coalesce(nullif(trim(version.order_status), ''), version.payment_status)", 'null'),
} -%}
{%- set number = "row_number() over (partition by version._key order by version._version, "
    ~ "version._observed_at, version._page_id, version.is_current)" -%}
{%- for table, (step, made_at) in steps.items() %}
select
  'carecloud' as vendor,
  sales.connection,
  sales.document_key,
  sales.document_number,
  'order' as document_type,
  sales.table_name,
  {{ number }} as version_number,
  {{ step }} as step,
  case
    when {{ number }} = 1 then coalesce({{ made_at }}, version.modified_at)
    else version.modified_at
  end as valid_from,
  version.is_current,
  'recorded' as time_source
from {{ ref('stg_carecloud__sales') }} as sales
join {{ ref('history__carecloud__' ~ table) }} as version on version._key = sales._key
where sales.table_name = '{{ table }}'
{% if not loop.last %}union all{% endif %}
{%- endfor %}
