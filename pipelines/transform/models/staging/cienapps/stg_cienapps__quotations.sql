select
  'cienapps' as vendor,
  connection,
  _key as document_key,
  quotation_number as document_number,
  {{ clean('title') }} as title,
  {{ clean('reference') }} as reference,
  {{ clean('purchase_order') }} as purchase_order,
  coalesce({{ clean('sales_rep_name') }}, {{ clean('sales_rep_login') }}) as sales_rep,
  coalesce({{ clean('rep_name') }}, {{ clean('rep_login') }}) as rep,
  created_on,
  validated_on,
  closed_on
from {{ ref('cienapps__quotations') }}
