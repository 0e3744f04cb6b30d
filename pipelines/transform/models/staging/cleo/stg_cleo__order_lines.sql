{{ last_lines('850', 'purchase_order') }}
