"""One rename puts a warehouse before its readers.

The audited file moves to a name of its own (`warehouse-<run>.duckdb`, read-only) and the symlink
`warehouse.duckdb` is re-pointed by rename. A reader that has the old file open keeps it. The name
is a symlink because DuckDB puts its write-ahead log beside the real file: what an analyst's killed
writer leaves there can never be replayed into the next generation.
"""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import duckdb

from pipelines.archive import sync_folder
from pipelines.boundaries import AFTER_SYMLINK, BEFORE_SYMLINK, reached
from pipelines.warehouse import Places
from sources._http.errors import PenstockError

GENERATIONS = 2
READ_ONLY = 0o444


class NotPublished(PenstockError):  # noqa: N818 - a state of the world, not a bug
    """The file could not be put before its readers; the last good one still stands."""

    verb = "status"


def seal(file: Path) -> None:
    """Writes everything into the file itself.

    Raises:
        NotPublished: something else holds the file open, so a log would stay beside it.
    """
    with duckdb.connect(str(file)) as db:
        db.execute("checkpoint")
    log = wal_of(file)
    if log.exists():
        raise NotPublished(f"{log.name} is still there after a checkpoint: a process has it open")


def wal_of(file: Path) -> Path:
    """DuckDB's write-ahead log of a file."""
    return file.with_name(file.name + ".wal")


def generation_file(places: Places, run_id: str) -> Path:
    """Where a run's warehouse is published."""
    return places.publish_to / f"warehouse-{run_id}.duckdb"


def publish(places: Places, run_id: str) -> Path:
    """Publishes `places.next`, and gives the file that the symlink now names.

    Raises:
        NotPublished: the file is not closed.
        OSError: the disk refuses; the symlink was not moved.
    """
    seal(places.next)
    _drop_unserved(places)
    target = generation_file(places, run_id)
    _move(places.next, target)
    target.chmod(READ_ONLY)
    _sync_file(target)
    sync_folder(places.publish_to)
    reached(BEFORE_SYMLINK)
    point(places, target)
    reached(AFTER_SYMLINK)
    return target


def _drop_unserved(places: Places) -> None:
    """Deletes files newer than the current one: neither kind is a generation to go back to.

    They were withdrawn by a rollback, or moved here by a run that died before anyone read them.
    """
    now = current(places)
    for file in generations(places):
        if now is not None and file.name > now.name:
            file.unlink()
            wal_of(file).unlink(missing_ok=True)


def point(places: Places, target: Path) -> None:
    """Re-points the published name, by rename."""
    temporary = places.publish_to / f".warehouse-{os.getpid()}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target.name)
    temporary.replace(places.published)
    sync_folder(places.publish_to)


def _move(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(source, target)


def _copy(source: Path, target: Path) -> None:
    """To another file system: the copy gets its final name only when it is whole."""
    partial = target.with_suffix(".partial")
    for left in target.parent.glob("warehouse-*.partial"):
        left.unlink()
    try:
        shutil.copyfile(source, partial)
        _sync_file(partial)
        partial.rename(target)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    source.unlink()


def _sync_file(file: Path) -> None:
    with file.open("rb") as handle:
        os.fsync(handle.fileno())


def current(places: Places) -> Path | None:
    """The generation that readers get now, if there is one."""
    if not places.published.is_symlink():
        return None
    target = places.publish_to / places.published.readlink().name
    return target if target.exists() else None


def generations(places: Places) -> list[Path]:
    """The published files, newest first; run ids sort by time."""
    return sorted(places.publish_to.glob("warehouse-*.duckdb"), reverse=True)


def retire(places: Places) -> None:
    """Deletes generations beyond the current one and the one before it, with their logs."""
    now = current(places)
    kept = 0
    for file in generations(places):
        if file == now or kept < GENERATIONS - 1:
            kept += file != now
            continue
        file.unlink()
        wal_of(file).unlink(missing_ok=True)


def roll_back(places: Places) -> Path:
    """Points the published name at the generation before the current one.

    Raises:
        NotPublished: there is none.
    """
    now = current(places)
    if now is None:
        raise NotPublished("nothing is published yet", next_command="penstock run")
    earlier = [file for file in generations(places) if file.name < now.name]
    if not earlier:
        raise NotPublished(f"{now.name} is the oldest generation kept: nothing to go back to")
    # what somebody wrote into the old file and never finished must not come back with it
    wal_of(earlier[0]).unlink(missing_ok=True)
    point(places, earlier[0])
    return earlier[0]
