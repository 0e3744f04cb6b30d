with known as (
  select distinct own_customer_key as customer_key
  from {{ ref('int_document_customers') }}
),

judged as (
  select
    customer_key,
    same_as_customer_key,
    exists (from known where known.customer_key = mapped.customer_key) as is_customer_known,
    exists (from known where known.customer_key = mapped.same_as_customer_key) as is_same_as_known
  from {{ source('inputs', 'customers') }} as mapped
)

select *
from judged
where not (is_customer_known and is_same_as_known)
