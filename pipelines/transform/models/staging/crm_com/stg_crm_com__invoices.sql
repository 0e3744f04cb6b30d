{#- Nothing says which purchase an invoice is of. -#}
with seen as (
  select
    _key,
    min(valid_from) as first_seen_at,
    max(valid_from) filter (where is_current) as changed_at
  from {{ ref('history__crm_com__invoices') }}
  group by _key
)

select
  'crm_com' as vendor,
  invoice.connection,
  invoice._key as document_key,
  {{ clean('invoice.invoice_number') }} as document_number,
  'invoices' as table_name,
  null as order_key,
  null as purchase_order,
  coalesce(invoice.issued_on, invoice.posted_on) as invoiced_on,
  invoice.due_on,
  {{ clean('invoice.currency_code') }} as currency_code,
  invoice.total_amount,
  0 as beside_lines_amount,
  invoice.outstanding_amount as open_amount,
  {{ clean('invoice.life_cycle_state') }} as state,
  coalesce(
    upper({{ clean('invoice.life_cycle_state') }}) in ('DRAFT', 'REJECTED', 'CANCELLED'), false
  ) as is_void,
  false as is_credit,
  seen.first_seen_at,
  seen.changed_at
from {{ ref('crm_com__invoices') }} as invoice
join seen on seen._key = invoice._key
