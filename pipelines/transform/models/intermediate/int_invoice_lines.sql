{{ union_of('invoice_lines') }}
