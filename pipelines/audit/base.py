"""The checks that follow from a declaration alone: what every published table promises.

Nobody writes them down per table, and no file can switch them off. The file before the build is
checked too (`Reads.RAW`): the build keeps one row per key whatever it is fed, so a version stored
twice would never show in what it makes.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.audit.checks import Fact, Reads, Severity, row_key
from sources._tables.declare import Child, Table
from sources._tables.quoting import literal


def base_facts(vendor: str, tables: tuple[Table, ...]) -> Iterator[Fact]:
    """The base checks of a vendor's declared tables."""
    for table in tables:
        yield from _current(vendor, table)
        yield from _history(vendor, table)
        yield from _stored(vendor, table)
        for child in table.children:
            yield from _child(vendor, table, child)


def _fact(vendor: str, table: str, name: str, means: str, failing: str, reads: Reads) -> Fact:
    return Fact(
        name=name,
        vendor=vendor,
        table=table,
        severity=Severity.CRITICAL,
        means=means,
        failing=failing,
        reads=reads,
    )


def _current(vendor: str, table: Table) -> Iterator[Fact]:
    relation, key = f"{vendor}.{table.name}", ", ".join(row_key(table))
    yield _fact(
        vendor,
        table.name,
        "key_unique",
        "The same document stands in the table more than once, so counts are too high.",
        f"select {key}, _version\nfrom {relation}\n"
        f"qualify count(*) over (partition by {key}) > 1\n"
        f"    or count(*) over (partition by _key) > 1\norder by {key}",
        Reads.PUBLISHED,
    )
    must = dict.fromkeys((*row_key(table), table.version, "_key", "_version"))
    missing = "\n    or ".join(f"{column} is null" for column in must if column)
    yield _fact(
        vendor,
        table.name,
        "key_present",
        "A row has no key or no version, so nothing can be joined to it or ordered by it.",
        f"select {key}, _version, _page_id\nfrom {relation}\nwhere {missing}",
        Reads.PUBLISHED,
    )
    yield Fact(
        name="traceable",
        vendor=vendor,
        table=table.name,
        severity=Severity.WARNING,
        means="A row does not lead back to the vendor's answer that it came from.",
        failing=f"select {key}, _window_id, _page_id\nfrom {relation} as shown\n"
        "where not exists (\n    from ops.windows as read\n"
        "    where read.window_id = shown._window_id\n"
        f"        and read.table_name = {literal(table.name)}\n)",
    )


def _history(vendor: str, table: Table) -> Iterator[Fact]:
    relation, past = f"{vendor}.{table.name}", f"history.{vendor}__{table.name}"
    columns = row_key(table)
    key = ", ".join(columns)
    one = ", ".join(f"any_value({column}) as {column}" for column in columns)
    yield _fact(
        vendor,
        table.name,
        "one_current_version",
        "A document's history does not end in exactly one current version.",
        f"select {one},\n    count(*) filter (is_current) as current_versions,\n"
        f"    count(*) filter (valid_to is null) as open_versions\nfrom {past}\ngroup by _key\n"
        "having current_versions <> 1 or open_versions <> 1",
        Reads.PUBLISHED,
    )
    yield _fact(
        vendor,
        table.name,
        "history_without_overlap",
        "Two versions of a document are valid at the same moment, so a look back counts it twice.",
        f"select {key}, _version, valid_from, valid_to,\n"
        "    lead(valid_from) over versions as next_valid_from\n"
        f"from {past}\n"
        "window versions as (partition by _key order by valid_from, valid_to nulls last)\n"
        "qualify valid_from is null or valid_to < valid_from\n"
        "    or next_valid_from < coalesce(valid_to, 'infinity')",
        Reads.PUBLISHED,
    )
    either = ", ".join(f"coalesce(shown.{c}, past.{c}) as {c}" for c in columns)
    yield _fact(
        vendor,
        table.name,
        "newest_is_current",
        "The table shows an older version of a document than its history holds, or lacks it.",
        f"select {either},\n    shown._version as shown_version, past.newest_version\n"
        f"from {relation} as shown\nfull join (\n"
        f"    select _key, {one}, max(_version) as newest_version\n    from {past}\n"
        "    group by _key\n    having bool_or(is_current)\n) as past on past._key = shown._key\n"
        "where shown._key is null or past._key is null or shown._version < past.newest_version",
        Reads.PUBLISHED,
    )


def _stored(vendor: str, table: Table) -> Iterator[Fact]:
    relation, key = f"{vendor}.{table.name}", ", ".join(row_key(table))
    place = "_page_id, _row_number"
    yield _fact(
        vendor,
        table.name,
        "stored_row_unique",
        "A row of the vendor's answer was stored twice; the file with all versions is damaged.",
        f"select {key}, _version, {place}\nfrom {relation}\n"
        f"qualify count(*) over (partition by {place}) > 1\norder by {place}",
        Reads.RAW,
    )
    same = "_key, _version, _observed_at, _row_hash"
    yield _fact(
        vendor,
        table.name,
        "stored_version_unique",
        "The same version of a document was stored twice at one moment with the same content.",
        f"select {key}, _version, _observed_at, {place}\nfrom {relation}\n"
        f"qualify count(*) over (partition by {same}) > 1\norder by {key}, _version",
        Reads.RAW,
    )


def _child(vendor: str, table: Table, child: Child) -> Iterator[Fact]:
    relation, parent = f"{vendor}.{child.name}", f"{vendor}.{table.name}"
    key = ", ".join(row_key(table, child))
    yield _fact(
        vendor,
        child.name,
        "key_unique",
        "The same line stands in the table more than once, so counts are too high.",
        f"select {key}\nfrom {relation}\n"
        f"qualify count(*) over (partition by {key}) > 1\n"
        f"    or count(*) over (partition by _key, line_number) > 1\norder by {key}",
        Reads.PUBLISHED,
    )
    yield _fact(
        vendor,
        child.name,
        "parent_exists",
        f"A line belongs to no row of {table.name}, so it is lost in every join.",
        f"select {key}\nfrom {relation} as line\nwhere not exists (\n"
        f"    from {parent} as parent where parent._key = line._key\n)",
        Reads.PUBLISHED,
    )
    if child.key:
        yield _element_key(vendor, child, key)
    place = "_page_id, _row_number, _line_number"
    yield _fact(
        vendor,
        child.name,
        "stored_row_unique",
        "A line of the vendor's answer was stored twice; the file with all versions is damaged.",
        f"select connection, _version, {place}\nfrom {relation}\n"
        f"qualify count(*) over (partition by {place}) > 1\norder by {place}",
        Reads.RAW,
    )
    yield _fact(
        vendor,
        child.name,
        "stored_parent_exists",
        f"A stored line has no stored row of {table.name}; the file with all versions is damaged.",
        f"select connection, _version, {place}\nfrom {relation} as line\nwhere not exists (\n"
        f"    from {parent} as parent\n    where parent._page_id = line._page_id\n"
        "        and parent._row_number = line._row_number\n)",
        Reads.RAW,
    )


def _element_key(vendor: str, child: Child, key: str) -> Fact:
    """A vendor's own promise, and no table of ours is wrong where it is broken: a warning."""
    known = ", ".join(child.key)
    given = " and ".join(f"{name} is not null" for name in child.key)
    return Fact(
        name="element_key_unique",
        vendor=vendor,
        table=child.name,
        severity=Severity.WARNING,
        means="Two lines of one document have the same key, so a join by it counts twice.",
        failing=f"select {key}, {known}\nfrom {vendor}.{child.name}\nwhere {given}\n"
        f"qualify count(*) over (partition by _key, {known}) > 1\norder by {key}",
    )
