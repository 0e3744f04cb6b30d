{#-
  A sale carries no customer, nor does an invoice: its account's card, as it is now, stands in.
-#}
with document as (
  select 'order' as document_type, connection, document_key, document_number, account_key
  from {{ ref('stg_cimcloud__sales') }}
  union all
  select 'invoice', connection, document_key, document_number, account_key
  from {{ ref('stg_cimcloud__invoices') }}
)

select
  'cimcloud' as vendor,
  document.connection,
  document.document_key,
  document.document_number,
  document.document_type,
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
from document
left join {{ ref('cimcloud__accounts') }} as account on account._key = document.account_key
