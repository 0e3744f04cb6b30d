"""What an audit costs: 10 expectations over a million changed rows, and facts over as many.

    python -m tests.benchmarks.audit [ROWS]

Prints seconds, CPU seconds and the peak memory of Great Expectations' process.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pipelines.audit.checks import Fact, Reads, TableRef, VendorChecks
from pipelines.audit.expectations import start_expectations
from pipelines.audit.facts import judge_facts
from tests.pipelines.audit_files import NOW, Files, checks

ORDERS = TableRef("cienapps", "orders")
# a typical order, repeated: two in a hundred phones cannot be dialled, as in life
MANY = """
select * replace (
    n::bigint as order_number,
    n::bigint as sync_id,
    case when n % 50 = 0 then 'ask Anna' else format('(250) {{:03d}}-{{:04d}}', n % 1000, n % 9000)
        end as customer_phone,
    'cienapps' || chr(31) || n as _key,
    n::bigint as _version,
    'p' || n as _page_id)
from {place}, range(1, {rows} + 1) as numbers(n)"""


def main(rows: int) -> None:
    known = checks()
    asked = [e for e in known.expectations if e.table == ORDERS]
    ten = (asked * 2)[:10]
    only = replace(known, expectations=tuple(ten), facts=_facts(known))
    with tempfile.TemporaryDirectory() as folder:
        files = _files(Path(folder), rows)
        for count in (1, rows):
            changed = _changed(files, count)
            with timed(f"{len(ten)} expectations, {count:,} rows"):
                results = start_expectations({ORDERS: changed}, [only], files.folder).results()
            print("   ", ", ".join(sorted({r.status.value for r in results})))
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"    {peak:,.0f} MB at the peak of the process")
        with timed(f"{len(only.facts)} facts about orders, {rows:,} rows"):
            results = judge_facts(files.published, [only], now=NOW)
            results += judge_facts(files.raw, [only], now=NOW, reads=Reads.RAW)
        print("   ", ", ".join(sorted({r.status.value for r in results})))


def _facts(known: VendorChecks) -> tuple[Fact, ...]:
    return tuple(f for f in known.facts if f.table in ("orders", "sales.orders"))


def _files(folder: Path, rows: int) -> Files:
    files = Files(folder)
    places = ("cienapps.orders", "history.cienapps__orders")
    files.plant(*(_grow(place, rows) for place in places))
    files.plant("create or replace table sales.orders as select 'cienapps' as vendor, connection, "
                "order_number from cienapps.orders")  # fmt: skip
    files.plant(_grow("cienapps.orders", rows), raw=True)
    return files


def _grow(place: str, rows: int) -> str:
    many = MANY.format(place=place, rows=rows)
    return f"create or replace table {place} as select * exclude (n) from ({many})"


def _changed(files: Files, count: int) -> Path:
    path = files.folder / f"{count}.parquet"
    files.plant(f"copy (from cienapps.orders limit {count}) to '{path}'")
    return path


@contextmanager
def timed(what: str) -> Iterator[None]:
    began, busy = time.perf_counter(), _cpu()
    yield
    wall, cpu = time.perf_counter() - began, _cpu() - busy
    print(f"{wall:6.2f} s, {cpu:6.2f} s of CPU: {what}")


def _cpu() -> float:
    """CPU seconds of this process and the ones it waited for; steady on a busy machine."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
