{{ config(materialized='scratch') }}

-- one row per document: the deal it is part of, which is all documents that links hold together
with recursive documents as (
  {%- for document_type, documents in (
    ('quotation', 'int_quotations'),
    ('order', 'int_orders'),
    ('work_order', 'int_work_orders'),
    ('invoice', 'int_invoices'),
  ) %}
  select '{{ document_type }}' as document_type, vendor, connection, document_key
  from {{ ref(documents) }}
  {% if not loop.last %}union all{% endif %}
  {%- endfor %}
),

-- each end as one text, and each link there and back
named as (
  select from_type || ':' || from_key as one, to_type || ':' || to_key as other
  from {{ ref('int_links') }}
),

beside as (
  select one, other from named
  union
  select other, one from named
),

-- the least text that a document is held together with: it spreads along the links until nothing changes
held(document, least) using key (document) as (
  select one, least(one, min(other)) from beside group by one
  union
  (
    select beside.other, min(held.least)
    from held
    join beside on beside.one = held.document
    join recurring.held as known on known.document = beside.other
    where held.least < known.least
    group by beside.other
  )
)

select
  documents.document_type,
  documents.vendor,
  documents.connection,
  documents.document_key,
  'd_' || left(
    md5(coalesce(held.least, documents.document_type || ':' || documents.document_key)), 16
  ) as deal_key
from documents
left join held on held.document = documents.document_type || ':' || documents.document_key
