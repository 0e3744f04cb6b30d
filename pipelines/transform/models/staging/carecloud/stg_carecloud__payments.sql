{#- A purchase is a sale that was paid, a return one that was paid back. -#}
select
  'carecloud' as vendor,
  connection,
  document_key,
  document_number,
  'purchases' as table_name,
  null as invoice_key,
  document_key as order_key,
  made_on as paid_on,
  currency_code,
  total_amount as paid_amount,
  null as method
from {{ ref('stg_carecloud__sales') }}
where table_name = 'purchases' and made_on is not null and total_amount is not null
