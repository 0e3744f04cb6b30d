{{ union_of('orders') }}
