"""Who may read and write what, whatever the umask of whoever runs it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines import publish
from pipelines.ledger import prepare_ops
from pipelines.pages import write_pages
from pipelines.warehouse import Places, open_raw
from tests.security.world import Listened

RUN = "000001-20260101T000000-abcd"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def places_in(project: Path) -> Places:
    return Places(project, project / "data", project / "data" / "work")


def published(places: Places) -> Iterator[Path]:
    for path in (places.publish_to, *places.publish_to.rglob("*")):
        if path != places.work and not path.is_relative_to(places.work) and not path.is_symlink():
            yield path


@pytest.fixture(params=[0, 0o022, 0o077], ids=["umask-000", "umask-022", "umask-077"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_analysts_can_read_and_nobody_else_write(tmp_path: Path, umask: int) -> None:
    places = places_in(tmp_path / "project")
    places.prepare()
    with open_raw(places) as db:
        prepare_ops(db)
        write_pages(db, places, {"run_id": RUN, "outcome": "landed"}, None)
    with duckdb.connect(str(places.next)) as db:
        db.execute("create table t as select 1 as x")
    publish.publish(places, RUN)

    assert mode(places.work) == 0o700
    modes = {path.name: mode(path) for path in published(places)}
    assert modes == {
        "data": 0o755,
        "warehouse.status.json": 0o644,
        f"warehouse-{RUN}.duckdb": 0o444,
    }


def test_a_private_folder_that_was_open_is_closed(tmp_path: Path) -> None:
    places = places_in(tmp_path)
    places.work.mkdir(parents=True)
    places.work.chmod(0o755)
    places.prepare()
    assert mode(places.work) == 0o700


def test_a_folder_of_analysts_stays_as_it_was_made(tmp_path: Path) -> None:
    places = places_in(tmp_path)
    places.publish_to.mkdir()
    places.publish_to.chmod(0o2750)
    places.prepare()
    assert places.publish_to.stat().st_mode & 0o7777 == 0o2750


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_another_user_reads_what_is_published_and_nothing_private(listened: Listened) -> None:
    places = places_in(listened.project)
    private = [path for path in places.work.rglob("*") if path.is_file()]
    assert len(private) > 20
    folders = [folder for folder in places.project.parents if mode(folder) & 0o005 != 0o005]
    for folder in folders:
        folder.chmod(mode(folder) | 0o005)
    seen = _as_nobody(places.published.resolve(), [places.raw, *private])
    for folder in folders:
        folder.chmod(mode(folder) & ~0o005)
    assert seen == "published"


def _as_nobody(file: Path, private: list[Path]) -> str:
    """What another user can open, found out by a child that becomes one."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        opened = ["published"] if os.access(file, os.R_OK) else []
        opened += ["writable"] if os.access(file, os.W_OK) else []
        opened += [path.name for path in private if os.access(path, os.R_OK)]
        os.write(writes, " ".join(opened).encode()[:4096])
        os._exit(0)
    os.close(writes)
    os.waitpid(child, 0)
    with os.fdopen(reads) as said:
        return said.read()


def test_what_a_whole_run_left(listened: Listened) -> None:
    """It ran with a umask of 0: what is closed is closed by itself."""
    places = places_in(listened.project)
    assert mode(places.work) == 0o700
    found = {path.name: mode(path) for path in published(places)}
    warehouse = places.published.resolve().name
    assert found == {
        "data": 0o755,
        "site": 0o755,
        **dict.fromkeys(("warehouse.status.json", "audit.html", "index.html"), 0o644),
        warehouse: 0o444,
    }
