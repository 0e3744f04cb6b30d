{#- A sale names its customer; where that one came from is what the oldest record says. -#}
with origins as (
  select
    record.connection,
    record.customer_id,
    min_by(source.customer_source_name, (record.modified_at, record.customer_source_record_id))
      as origin
  from {{ ref('carecloud__customer_source_records') }} as record
  join {{ ref('carecloud__customer_sources') }} as source
    on source.connection = record.connection
    and source.customer_source_id = record.customer_source_id
  where record.deleted_at is null
  group by record.connection, record.customer_id
)

select
  'carecloud' as vendor,
  sales.connection,
  sales.document_key,
  sales.document_number,
  'order' as document_type,
  null as company_name,
  {{ clean('customer.first_name') }} as first_name,
  {{ clean('customer.last_name') }} as last_name,
  {{ clean('customer.phone') }} as phone,
  {{ clean("concat_ws(' ', customer.address, customer.address_2, customer.address_3)") }} as address,
  {{ clean('customer.city') }} as city,
  {{ clean('customer.postal_code') }} as postal_code,
  {{ clean('origins.origin') }} as origin,
  null as customer_since_on,
  customer._observed_at as saved_at,
  customer._version as saved_order
from {{ ref('stg_carecloud__sales') }} as sales
left join {{ ref('carecloud__customers') }} as customer on customer._key = sales.customer_key
left join origins
  on origins.connection = customer.connection and origins.customer_id = customer.customer_id
