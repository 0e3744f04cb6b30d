"""What the fork server imports once, so that each run does not."""

import pipelines.run
import pipelines.show
import sources.cienapps

__all__ = ["pipelines", "sources"]
