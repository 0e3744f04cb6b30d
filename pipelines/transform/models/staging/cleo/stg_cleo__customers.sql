{#-
  The buyer, at the address that the goods go to, as the document named it last: a cancellation names
  nobody. An invoice of an order that is here has the order's customer and none of its own.
-#}
select
  'cleo' as vendor,
  connection,
  document_key,
  case document_type when '850' then purchase_order else invoice_number end as document_number,
  case document_type when '850' then 'order' else 'invoice' end as document_type,
  coalesce(buyer_name, bill_to_name, ship_to_name) as company_name,
  null as first_name,
  null as last_name,
  null as phone,
  address,
  city,
  postal_code,
  null as origin,
  null as customer_since_on,
  _observed_at as saved_at,
  _version as saved_order
from {{ ref('stg_cleo__documents') }}
where document_type = '850' or document_type = '810' and order_key is null
qualify row_number() over (
  partition by document_key order by company_name is not null desc, sequence desc
) = 1
