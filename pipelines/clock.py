"""The one clock: UTC, without offset, as DuckDB's TIMESTAMP holds it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

SHIFT = "PENSTOCK_CLOCK_SHIFT"
BUDGET_SPEED = "PENSTOCK_BUDGET_SPEED"


def now() -> datetime:
    """The time in UTC, moved by PENSTOCK_CLOCK_SHIFT seconds (the demo's month, tests)."""
    shift = timedelta(seconds=float(os.environ.get(SHIFT, "0")))
    return datetime.now(UTC).replace(tzinfo=None) + shift


def budget_speed() -> float:
    """How many times faster than real the call budget's clock runs (the demo, tests)."""
    return float(os.environ.get(BUDGET_SPEED, "1"))
