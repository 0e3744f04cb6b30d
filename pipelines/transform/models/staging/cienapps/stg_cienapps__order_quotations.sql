select distinct
  'cienapps' as vendor,
  connection,
  _key as document_key,
  order_number as document_number,
  {{ document_key('connection', 'quotation_number') }} as quotation_key
from {{ ref('cienapps__order_quotations') }}
where quotation_number is not null
