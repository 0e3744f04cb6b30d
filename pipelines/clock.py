"""The one clock: UTC, without offset, as DuckDB's TIMESTAMP holds it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

SHIFT = "PENSTOCK_CLOCK_SHIFT"


def now() -> datetime:
    """The time in UTC, moved by PENSTOCK_CLOCK_SHIFT seconds (the demo's month, tests)."""
    shift = timedelta(seconds=float(os.environ.get(SHIFT, "0")))
    return datetime.now(UTC).replace(tzinfo=None) + shift
