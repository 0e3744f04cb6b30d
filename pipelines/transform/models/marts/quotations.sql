select
  quotations.document_key as quotation_key,
  deals.deal_key,
  quotations.vendor,
  quotations.connection,
  quotations.document_number as quotation_number,
  documents.customer_key,
  documents.customer_name,
  quotations.title,
  quotations.reference,
  quotations.purchase_order,
  {{ sales_rep_key('quotations.sales_rep') }} as sales_rep_key,
  quotations.sales_rep,
  quotations.rep,
  quotations.created_on,
  quotations.validated_on,
  quotations.closed_on,
  documents.step,
  documents.stage,
  documents.stage_order,
  documents.outcome,
  documents.first_seen_at,
  documents.step_entered_at,
  documents.stage_entered_at,
  documents.changed_at,
  documents.coverage_since,
  documents.is_complete
from {{ ref('int_quotations') }} as quotations
left join {{ ref('int_deals') }} as deals
  on deals.document_type = 'quotation'
  and deals.document_key = quotations.document_key
left join {{ ref('int_documents') }} as documents
  on documents.document_type = 'quotation'
  and documents.document_key = quotations.document_key
