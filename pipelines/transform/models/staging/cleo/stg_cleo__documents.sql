{{ config(materialized='scratch') }}
{#-
  Documents that count, those of the newest content of their file, and what each one belongs to.

  A purchase order comes several times (resends, changes, a cancellation) and is one order, known by
  its buyer and its number; an invoice likewise by its seller and its number. A document without a
  number is alone. Whose it is says the party's own id; where one lacks it (a cancellation names no
  party as a rule) that of its sender's other documents of the number, where they agree on one; else
  the sender. What answers an order belongs to the one order of the connection that has its purchase
  order number; of several, to that of its buyer.

  `sequence` is the order in which they hold: by the day that the document says, later ones win; of
  one day an original comes before what changes it. A day that had not come when it was seen is none.
-#}
with said as (
  select
    connection,
    _key,
    document_type,
    regexp_replace({{ clean('purpose_code') }}, '^([0-9])$', '0\1') as purpose_code,
    {{ clean('kind_code') }} as kind_code,
    {{ clean('purchase_order_number') }} as purchase_order,
    {{ clean('invoice_number') }} as invoice_number,
    {{ clean('sender_id') }} as sender_id,
    {{ clean('receiver_id') }} as receiver_id,
    {{ clean('buyer_id') }} as buyer_id,
    {{ clean('buyer_name') }} as buyer_name,
    {{ clean('seller_id') }} as seller_id,
    {{ clean('seller_name') }} as seller_name,
    {{ clean('bill_to_name') }} as bill_to_name,
    {{ clean('ship_to_name') }} as ship_to_name,
    {{ clean('ship_to_address') }} as address,
    {{ clean('ship_to_city') }} as city,
    {{ clean('ship_to_postal_code') }} as postal_code,
    purchase_order_on,
    invoice_on,
    document_on,
    coalesce(sent_on, document_on) as said_on,
    {{ clean('currency_code') }} as currency_code,
    coalesce(total_amount, lines_amount) as total_amount,
    line_count,
    -- charges and taxes stand in the content alone
    case
      when abs(coalesce(total_amount, lines_amount) - lines_amount) <= 0.05 then 0
      when not regexp_matches(
        coalesce(content::varchar, ''),
        '"(SAC|TXI)"|tax|vat|gst|freight|shipping|handling|fee|charge|allowance|discount|rebate'
          || '|duty|insurance|deposit',
        'i'
      ) then 0
    end as beside_lines_amount,
    valid_from as changed_at,
    _observed_at,
    _version,
    -- a place in a file can come to hold another document
    min(valid_from) over (
      partition by _key, is_withdrawn is true, document_type, purchase_order_number, invoice_number
    ) as first_seen_at
  from {{ ref('history__cleo__documents') }}
  where document_type in ('850', '855', '856', '810')
  qualify is_current and is_withdrawn is not true
),

named as (
  select
    *,
    {{ party_of_document('buyer_id', 'buyer_name', 'of_order') }} as buyer,
    {{ party_of_document('seller_id', 'seller_name', 'of_invoice') }} as seller,
    coalesce(said_on <= cast(first_seen_at as date), false) as is_day_told,
    row_number() over (
      order by
        least(said_on, cast(first_seen_at as date)),
        list_position(['850', '855', '856', '810'], document_type),
        coalesce(purpose_code, '00') <> '00',
        _observed_at,
        _key
    ) as sequence
  from said
  window
    of_order as (partition by connection, document_type, purchase_order, sender_id),
    of_invoice as (partition by connection, document_type, invoice_number, sender_id)
),

keyed as (
  select
    *,
    case
      when document_type = '850' and purchase_order is not null
        then concat_ws(chr(31), connection, 'order', buyer, purchase_order)
      when document_type = '810' and invoice_number is not null
        then concat_ws(chr(31), connection, 'invoice', seller, invoice_number)
      else _key
    end as document_key
  from named
),

orders as (
  select distinct
    connection,
    purchase_order,
    buyer,
    document_key,
    count(distinct document_key) over (partition by connection, purchase_order) as namesakes
  from keyed
  where document_type = '850'
),

answers as (
  select answer._key, min(orders.document_key) as order_key
  from keyed as answer
  join orders
    on orders.connection = answer.connection
    and orders.purchase_order = answer.purchase_order
    and (orders.namesakes = 1 or orders.buyer in (answer.buyer_id, answer.receiver_id))
  where answer.document_type <> '850'
  group by answer._key
  having count(*) = 1
)

select
  keyed.*,
  case when is_day_told then cast(said_on as timestamp) else first_seen_at end as happened_at,
  case when document_type = '850' then document_key else answers.order_key end as order_key
from keyed
left join answers on answers._key = keyed._key
