{{ last_lines('810', 'invoice_number') }}
