{#- A lead is the nearest to a quotation that CRM.COM has: a chance of a sale, without a price. -#}
select
  'crm_com' as vendor,
  connection,
  _key as document_key,
  {{ clean('lead_number') }} as document_number,
  coalesce({{ clean('lead_name') }}, {{ clean('description') }}) as title,
  null as reference,
  null as purchase_order,
  -- an object with a name, or a word
  {{ clean("case json_type(assigned_to) when 'OBJECT' then assigned_to ->> '$.name' when 'VARCHAR' then assigned_to ->> '$' end") }}
    as sales_rep,
  null as rep,
  cast(created_at as date) as created_on,
  null as validated_on,
  null as closed_on
from {{ ref('crm_com__leads') }}
