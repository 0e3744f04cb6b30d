{#- Lines of the ERP's invoices. One whose invoice nobody has is here without one. -#}
with numbered as (
  select connection, document_number, any_value(document_key) as document_key
  from {{ ref('stg_cimcloud__invoices') }}
  group by connection, document_number
  having count(*) = 1
),

gone as (
  select connection, invoice_number
  from {{ ref('cimcloud__invoices') }}
  group by connection, invoice_number
  having bool_and(deleted_at is not null)
)

select
  'cimcloud' as vendor,
  line.connection,
  numbered.document_key,
  line.invoice_number as document_number,
  'invoice_lines' as table_name,
  line._key as line_key,
  line.line_number,
  {{ clean('line.sku') }} as product_code,
  {{ clean('line.description') }} as product_name,
  line.quantity_invoiced as quantity,
  line.unit_price_amount,
  line.extended_amount as net_amount,
  null as tax_amount,
  line.extended_amount as line_amount,
  null as currency_code
from {{ ref('cimcloud__invoice_lines') }} as line
left join numbered
  on numbered.connection = line.connection
  and numbered.document_number = {{ clean('line.invoice_number') }}
where line.deleted_at is null
  and not exists (
    from gone
    where gone.connection = line.connection and gone.invoice_number = line.invoice_number
  )
