{#-
  What the ERP has posted, and what was paid in the web shop and is not posted yet. Nothing ties the
  two, so a payment in the shop is taken for posted when the ERP has one of that invoice and amount, of
  that day or later, that stands for no other one.
-#}
with numbered as (
  select connection, document_number, any_value(document_key) as document_key,
    any_value(order_key) as order_key
  from {{ ref('stg_cimcloud__invoices') }}
  group by connection, document_number
  having count(*) = 1
),

posted as (
  select * from {{ ref('cimcloud__payments') }} where deleted_at is null
),

in_shop as (
  select
    *,
    row_number() over (
      partition by connection, invoice_number, payment_amount
      order by paid_on desc nulls first, invoice_payment_id desc
    ) as from_last
  from {{ ref('cimcloud__invoice_payments') }}
  where deleted_at is null
),

matched as (
  select in_shop.*, count(posted._key) as postings
  from in_shop
  left join posted
    on posted.connection = in_shop.connection
    and posted.invoice_number = in_shop.invoice_number
    and posted.payment_amount = in_shop.payment_amount
    and coalesce(posted.paid_on >= in_shop.paid_on, true)
  group by all
),

-- from the last payment on: how many of those so far can have no posting of their own
short as (
  select *, greatest(from_last - postings, 0) as lacking from matched
),

not_posted as (
  select *
  from short
  qualify lacking > coalesce(
    max(lacking) over (
      partition by connection, invoice_number, payment_amount
      order by from_last rows between unbounded preceding and 1 preceding
    ),
    0
  )
),

payments as (
  select
    'payments' as table_name,
    connection,
    _key as document_key,
    cast(payment_id as varchar) as document_number,
    invoice_number,
    paid_on,
    payment_amount,
    payment_method
  from posted
  union all
  select
    'invoice_payments',
    connection,
    connection || chr(31) || 'web' || substr(_key, length(connection) + 1),
    cast(invoice_payment_id as varchar),
    invoice_number,
    paid_on,
    payment_amount,
    payment_method
  from not_posted
)

select
  'cimcloud' as vendor,
  payments.connection,
  payments.document_key,
  payments.document_number,
  payments.table_name,
  numbered.document_key as invoice_key,
  numbered.order_key,
  payments.paid_on,
  null as currency_code,
  payments.payment_amount as paid_amount,
  {{ clean('payments.payment_method') }} as method
from payments
left join numbered
  on numbered.connection = payments.connection
  and numbered.document_number = {{ clean('payments.invoice_number') }}
