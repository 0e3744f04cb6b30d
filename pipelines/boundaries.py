"""The places where a crash matters, named, so that a test can have one happen right there.

Nothing happens at them otherwise. A process can't be timed to the instant from outside; these are
the instants on which the promises rest.
"""

from __future__ import annotations

import os
import signal

KILL_AT = "PENSTOCK_KILL_AT"
STOP_AT = "PENSTOCK_STOP_AT"
LISTED = "listed"
ARCHIVED = "archived"
EXTRACTED = "extracted"
MID_LAND = "mid-land"
LANDED = "landed"
MID_PROMOTE = "mid-promote"
PROMOTED = "promoted"
MID_CONFIRM = "mid-confirm"
CONFIRMED = "confirmed"
BUILT = "built"
AUDITED = "audited"
BEFORE_SYMLINK = "before-symlink"
AFTER_SYMLINK = "after-symlink"
DELIVERY_WRITTEN = "delivery-written"
DELIVERY_PREPARED = "delivery-prepared"
DELIVERY_SENDING = "delivery-sending"
DELIVERY_ANSWERED = "delivery-answered"
DELIVERY_RECORDED = "delivery-recorded"
ALL = (
    *(LISTED, ARCHIVED, EXTRACTED, MID_LAND, LANDED, MID_PROMOTE, PROMOTED),
    *(MID_CONFIRM, CONFIRMED, BUILT, BEFORE_SYMLINK, AFTER_SYMLINK),
)
OF_DELIVERY = (
    *(DELIVERY_WRITTEN, DELIVERY_PREPARED, DELIVERY_SENDING, DELIVERY_ANSWERED),
    DELIVERY_RECORDED,
)


def reached(boundary: str) -> None:
    """Kills this process if PENSTOCK_KILL_AT names the boundary.

    Asks it to stop, once, if PENSTOCK_STOP_AT does.
    """
    if os.environ.get(KILL_AT) == boundary:
        os.kill(os.getpid(), signal.SIGKILL)
    if os.environ.get(STOP_AT) == boundary:
        del os.environ[STOP_AT]
        os.kill(os.getpid(), signal.SIGTERM)
