{{ union_of('work_orders') }}
