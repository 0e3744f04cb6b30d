"""The work file while no run is on: for the verbs that look into it, or settle something there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from pipelines.ledger import prepare_ops
from pipelines.lock import run_lock
from pipelines.warehouse import Places, open_raw


@contextmanager
def at_rest(places: Places) -> Iterator[duckdb.DuckDBPyConnection]:
    """The work file, held so that no run begins meanwhile.

    Raises:
        Busy: a run is on.
        PenstockError: the file cannot be opened.
    """
    places.prepare()
    with run_lock(places), open_raw(places) as db:
        prepare_ops(db)
        yield db
