{#-
  Invoices of the ERP. One names its order by number: it is linked where one order of the connection
  has that number, and has the purchase order that the order has.
-#}
with seen as (
  select
    _key,
    min(valid_from) as first_seen_at,
    max(valid_from) filter (where is_current) as changed_at
  from {{ ref('history__cimcloud__invoices') }}
  group by _key
),

-- web orders are numbered apart
ordered as (
  select connection, document_number, document_key, purchase_order
  from {{ ref('stg_cimcloud__sales') }}
  where table_name = 'order_history'
  qualify count(*) over (partition by connection, document_number) = 1
),

-- of two accounts with one number, the one that is there, then the older, as for orders
by_number as (
  select connection, account_number, _key
  from {{ ref('cimcloud__accounts') }}
  qualify row_number() over (
    partition by connection, account_number order by deleted_at is not null, account_id
  ) = 1
)

select
  'cimcloud' as vendor,
  invoice.connection,
  invoice._key as document_key,
  {{ clean('invoice.invoice_number') }} as document_number,
  'invoices' as table_name,
  by_number._key as account_key,
  ordered.document_key as order_key,
  {{ clean('ordered.purchase_order') }} as purchase_order,
  invoice.invoiced_on,
  invoice.due_on,
  null as currency_code,
  invoice.total_amount,
  coalesce(invoice.tax_amount, 0) + coalesce(invoice.shipping_amount, 0) as beside_lines_amount,
  invoice.balance_amount as open_amount,
  {{ clean('invoice.status') }} as state,
  coalesce(
    lower({{ clean('invoice.status') }}) in ('void', 'voided', 'cancelled', 'canceled'), false
  ) as is_void,
  false as is_credit,
  seen.first_seen_at,
  seen.changed_at
from {{ ref('cimcloud__invoices') }} as invoice
join seen on seen._key = invoice._key
left join ordered
  on ordered.connection = invoice.connection and ordered.document_number = invoice.order_number
left join by_number
  on by_number.connection = invoice.connection
  and by_number.account_number = invoice.account_number
where invoice.deleted_at is null
