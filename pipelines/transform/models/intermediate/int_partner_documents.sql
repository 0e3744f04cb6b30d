{{ union_of('partner_documents') }}
