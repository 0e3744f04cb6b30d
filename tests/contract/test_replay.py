"""Every vendor's archive, read once more, gives the versions that were there."""

from __future__ import annotations

from pathlib import Path

from tests.contract.worlds import LOAD, doubled, tables_of, vendor_house, versions
from tests.house import change


def test_the_archive_replayed_gives_what_it_gave(tmp_path: Path, vendor: str) -> None:
    with vendor_house(tmp_path, vendor) as house:
        house.run(*LOAD[1:])
        tables = [table.name for table in tables_of(house)]
        before = {table: versions(house, table) for table in tables}
        pages = house.ask_raw("select count(*) from ops.pages")
        for table in tables:
            change(house.raw, f"update {vendor}.{table} set _row_hash = 'spoilt'")
        house.sandbox.fault("server_error", vendor=vendor, times="always")

        ended = house.penstock("archive", "replay", vendor, "--no-publish")

        assert ended.code == 0, ended.output
        assert {table: versions(house, table) for table in tables} == before
        assert [doubled(house, table) for table in tables] == [0] * len(tables)
        assert house.ask_raw("select count(*) from ops.pages") == pages
        again = house.penstock("archive", "replay", vendor, "--no-publish")
        assert again.code == 0, again.output
        assert house.ask_raw(
            "select sum(rows_changed + rows_new) from ops.windows where is_replay "
            "and run_id = (select max(run_id) from ops.runs)"
        ) == [(0,)]
