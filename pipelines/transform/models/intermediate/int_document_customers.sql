{{ config(materialized='scratch') }}
-- one row per document: the customer block it carries and whom it is recognised as
with recognised as (
  select
    *,
    {{ customer_key('company_name', 'last_name', 'first_name', 'phone', 'postal_code') }} as own_customer_key
  from {{ ref('int_customer_blocks') }}
)

select
  recognised.*,
  coalesce(same.final_customer_key, own_customer_key) as customer_key,
  same.final_customer_key is not null as is_mapped
from recognised
left join {{ source('inputs', 'customers') }} as same on same.customer_key = own_customer_key
