{#-
  Lines of the orders that stand in sales.orders: the ERP's, and those of web orders that it has not
  taken over. A line whose order nobody has is here without one.
-#}
with sales as (
  select table_name, connection, document_key, document_number
  from {{ ref('stg_cimcloud__sales') }}
),

-- of two orders with one number nobody can tell whose a line is
numbered as (
  select connection, document_number, any_value(document_key) as document_key
  from sales
  where table_name = 'order_history'
  group by connection, document_number
  having count(*) = 1
),

known as (
  select distinct connection, order_number from {{ ref('cimcloud__order_history') }}
),

taken_over as (
  select connection, web_order_number
  from {{ ref('cimcloud__order_history') }}
  where deleted_at is null
),

web_known as (
  select connection, web_order_number from {{ ref('cimcloud__orders') }}
)

select
  'cimcloud' as vendor,
  line.connection,
  numbered.document_key,
  line.order_number as document_number,
  'order_history_lines' as table_name,
  line._key as line_key,
  line.line_number,
  {{ clean('line.sku') }} as product_code,
  {{ clean('line.description') }} as product_name,
  line.quantity_ordered as quantity,
  line.unit_price_amount,
  line.extended_amount as net_amount,
  null as tax_amount,
  line.extended_amount as line_amount,
  null as currency_code
from {{ ref('cimcloud__order_history_lines') }} as line
left join numbered
  on numbered.connection = line.connection and numbered.document_number = line.order_number
where line.deleted_at is null
  -- a deleted order's are no sale's
  and (
    numbered.document_key is not null
    or not exists (
      from known where known.connection = line.connection and known.order_number = line.order_number
    )
    or exists (
      from sales
      where sales.table_name = 'order_history'
        and sales.connection = line.connection
        and sales.document_number = line.order_number
    )
  )
union all
select
  'cimcloud',
  line.connection,
  sales.document_key,
  cast(line.web_order_number as varchar),
  'order_lines',
  line.connection || chr(31) || 'web' || substr(line._key, length(line.connection) + 1),
  line.line_number,
  {{ clean('line.sku') }},
  {{ clean('line.product_name') }},
  line.quantity,
  line.unit_price_amount,
  line.extended_amount,
  null,
  line.extended_amount,
  null
from {{ ref('cimcloud__order_lines') }} as line
left join sales
  on sales.table_name = 'orders'
  and sales.connection = line.connection
  and sales.document_number = cast(line.web_order_number as varchar)
where line.deleted_at is null
  and not exists (
    from taken_over
    where taken_over.connection = line.connection
      and taken_over.web_order_number = line.web_order_number
  )
  and (
    sales.document_key is not null
    or not exists (
      from web_known
      where web_known.connection = line.connection
        and web_known.web_order_number = line.web_order_number
    )
  )
