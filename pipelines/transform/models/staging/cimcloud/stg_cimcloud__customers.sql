{#- A sale carries no customer: its account's card, as it is now, stands in. -#}
select
  'cimcloud' as vendor,
  sales.connection,
  sales.document_key,
  sales.document_number,
  'order' as document_type,
  {{ clean('account.account_name') }} as company_name,
  null as first_name,
  null as last_name,
  {{ clean('account.phone') }} as phone,
  {{ clean('account.address') }} as address,
  {{ clean('account.city') }} as city,
  {{ clean('account.postal_code') }} as postal_code,
  null as origin,
  cast(account.created_at as date) as customer_since_on,
  account._observed_at as saved_at,
  account._version as saved_order
from {{ ref('stg_cimcloud__sales') }} as sales
left join {{ ref('cimcloud__accounts') }} as account on account._key = sales.account_key
