{{ union_of('customers') }}
