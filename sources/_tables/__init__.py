"""Tables declared once, as data, and everything that follows from a declaration.

`declare` says what a table is; `typing_sql` turns raw page bytes into typed Arrow; what does not
type goes to quarantine, what is not declared is kept as drift. Nothing here knows a vendor.
"""
