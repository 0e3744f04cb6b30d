{#-
  Where an order stands follows from its documents: as far as any of them says that it came, unless the
  last purchase order cancels it. A resend leads nowhere back. Times are the days that the documents
  say they were sent on; where they say none, when we saw them. The last row is the order as it is
  now, since its newest content was seen.
-#}
with events as (
  select
    *,
    list_position(['850', '855', '856', '810'], document_type) as reached,
    case document_type when '850' then coalesce(purpose_code, '') = '01' end as cancels,
    case document_type when '855' then coalesce(kind_code in ('RD', 'RF', 'RJ'), false) end
      as rejects
  from {{ ref('stg_cleo__documents') }}
  where order_key is not null
  -- an invoice that its last document takes back is none
  qualify document_type <> '810' or coalesce(
    last_value(purpose_code) over (
      partition by document_key order by sequence
      rows between unbounded preceding and unbounded following
    ),
    ''
  ) <> '01'
),

steps as (
  select
    connection,
    order_key,
    row_number() over so_far as version_number,
    case
      when last_value(cancels ignore nulls) over so_far then 'Cancelled'
      when max(reached) over so_far = 4 then 'Invoiced'
      when max(reached) over so_far = 3 then 'Shipped'
      when last_value(rejects ignore nulls) over so_far then 'Rejected'
      when max(reached) over so_far = 2 then 'Acknowledged'
      else 'Purchase order received'
    end as step,
    -- what is seen late cannot have come to hold after what follows it
    min(happened_at) over (
      partition by order_key order by sequence rows between current row and unbounded following
    ) as valid_from,
    max(changed_at) over (partition by order_key) as changed_at,
    count(*) over (partition by order_key) as events,
    is_day_told
  from events
  window so_far as (
    partition by order_key order by sequence rows between unbounded preceding and current row
  )
),

numbers as (
  select document_key, document_number from {{ ref('stg_cleo__orders') }}
),

versions as (
  select
    connection,
    order_key,
    version_number,
    step,
    valid_from,
    false as is_current,
    if(is_day_told, 'recorded', 'observed') as time_source
  from steps
  union all
  select
    connection,
    order_key,
    version_number + 1,
    step,
    greatest(valid_from, changed_at),
    true,
    'observed'
  from steps
  where version_number = events
)

select
  'cleo' as vendor,
  versions.connection,
  versions.order_key as document_key,
  numbers.document_number,
  'order' as document_type,
  'documents' as table_name,
  versions.version_number,
  versions.step,
  versions.valid_from,
  versions.is_current,
  versions.time_source
from versions
join numbers on numbers.document_key = versions.order_key
