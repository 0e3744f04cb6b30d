"""How vendors are found: every public subpackage here is a vendor. There is no registry."""
