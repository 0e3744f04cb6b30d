{{ union_of('web_orders') }}
