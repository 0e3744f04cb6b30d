"""What the pipelines may ask of a vendor: its tables, how to read, confirm and check.

A vendor's package exposes one `VENDOR` of this type; nothing else of it is known outside.
"""
