{{ union_of('payments') }}
