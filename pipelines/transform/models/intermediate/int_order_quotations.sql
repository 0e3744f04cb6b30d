{{ union_of('order_quotations') }}
