{{ union_of('invoices') }}
