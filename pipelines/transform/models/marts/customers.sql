with blocks as (
  select *
  from {{ ref('int_document_customers') }}
  where customer_key is not null
),

-- as the document saved last shows them; the rest only makes the choice the same every time
shown as (
  select *
  from blocks
  qualify row_number() over (
    partition by customer_key
    order by saved_at desc, saved_order desc, vendor, connection, document_type, document_key
  ) = 1
),

documents as (
  select
    customer_key,
    min(customer_since_on) as customer_since_on,
    bool_or(is_mapped) as is_mapped,
    count(*) filter (where document_type = 'quotation') as quotation_count,
    count(*) filter (where document_type = 'order') as order_count,
    count(*) filter (where document_type = 'work_order') as work_order_count,
    string_agg(distinct vendor, ', ' order by vendor) as vendors
  from blocks
  group by customer_key
),

billed as (
  select customer_key, count(*) as invoice_count
  from {{ ref('int_invoice_customers') }}
  group by customer_key
)

select
  customer_key,
  coalesce(company_name, nullif(concat_ws(' ', first_name, last_name), '')) as customer_name,
  company_name,
  first_name,
  last_name,
  phone,
  address,
  city,
  postal_code,
  origin,
  documents.customer_since_on,
  documents.is_mapped,
  documents.quotation_count,
  documents.order_count,
  documents.work_order_count,
  coalesce(billed.invoice_count, 0) as invoice_count,
  documents.vendors
from shown
join documents using (customer_key)
left join billed using (customer_key)
