{{ union_of('quotations') }}
