"""From a vendor's answers to a published warehouse. Names no vendor: `sources` finds them."""
