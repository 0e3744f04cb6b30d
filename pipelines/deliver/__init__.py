"""`penstock deliver`: named extracts of the published warehouse, sent to a vendor's mailbox.

Each extract is a file, `deliveries/NAME.sql`, and is sent once for each of its periods: what is to
be sent is durable before it is sent, and what became of it is recorded after. What a crash leaves
between the two is settled by the next call, which sends again only where it is known that nothing
arrived; where nobody can know, a person decides.
"""

from pipelines.deliver.report import Report, Wanted
from pipelines.deliver.verb import Deliveries

__all__ = ["Deliveries", "Report", "Wanted"]
