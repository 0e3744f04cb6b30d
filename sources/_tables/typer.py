"""Raw pages in, typed Arrow out; what does not type goes to quarantine with its reason."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from sources._http.errors import Drifted
from sources._tables import landing_sql, slices, typing_sql
from sources._tables.declare import Child, Table
from sources._tables.page import Page
from sources._tables.readable import BadRow, exact_rows, readable_pages
from sources._tables.shape import Path, Shape, Unknown, elements_of, rows_of

MOST_UNKNOWN = 100  # undeclared fields of a window that are told by name
MOST_ELEMENTS = 1_000_000  # of one child table in a page
OTHERS = "(others)"

_BODY = pa.schema(
    [
        ("page_id", pa.string()),
        ("observed_at", pa.timestamp("us")),
        ("asked", pa.string()),
        ("body", pa.string()),
    ]
)
_QUARANTINE = pa.schema(
    [
        ("quarantine_id", pa.string()),
        ("connection", pa.string()),
        ("table_name", pa.string()),
        ("column_name", pa.string()),
        ("reason", pa.string()),
        ("raw", pa.string()),
        ("page_id", pa.string()),
        ("row_number", pa.int32()),
        ("window_id", pa.string()),
        ("received_at", pa.timestamp("us")),
    ]
)


@dataclass(frozen=True)
class Typed:
    """What one table's pages of one window became.

    Attributes:
        rows: the good rows, in the shape of the version table.
        children: child rows by child table name.
        quarantine: the bad rows, raw, each with its reason.
        queue: items to confirm: page_id, observed_at, row_number, item_id, document_key.
        unknown: how many rows carried each undeclared field; of too many, the most common, and
            the rest as `OTHERS`.
        received: rows in the pages, good and bad.
    """

    rows: pa.Table
    children: dict[str, pa.Table]
    quarantine: pa.Table
    queue: pa.Table | None
    unknown: dict[str, int]
    received: int


class Typer:
    """Types pages in a DuckDB of its own, in memory.

    Args:
        connection: the connection's name, which every row carries.
        site_zone: IANA zone for times that the vendor writes without offset.
    """

    def __init__(self, connection: str, site_zone: str = "UTC") -> None:
        self._connection = connection
        self._site_zone = site_zone
        self._db = duckdb.connect(":memory:")
        self._db.execute("set timezone = 'UTC'")

    def close(self) -> None:
        """Frees the memory."""
        self._db.close()

    def type_pages(self, table: Table, pages: Sequence[Page], window_id: str) -> Typed:
        """Types all `pages` of one table.

        Raises:
            Drifted: a body is no JSON, has no list where the rows should be, or no row of a page
                carries a required field.
        """
        texts, unreadable = readable_pages(self._db, table, pages)
        self._load(texts)
        rows, unknown = rows_of(table), {}
        unknown[rows.name], counts = self._fields_seen(table, rows, pages)
        self._db.execute(typing_sql.make_texts(rows))
        for child in table.children:
            if not child.of_objects:
                self._count_elements(table, child, pages)
            else:
                unknown[child.name], seen = self._type_elements(table, child, pages)
                counts |= seen
        self._db.execute(typing_sql.make_cells(rows, self._site_zone))
        bad = unreadable + self._bad_rows(
            table, {(b.page, b.row_number) for b in unreadable}, pages
        )
        who = (self._connection, window_id)
        typed = self._arrow(landing_sql.select_rows(table, unknown[rows.name], *who))
        children = {
            child.name: self._arrow(
                landing_sql.select_elements(table, child, unknown[child.name], *who)
                if child.of_objects
                else landing_sql.select_scalars(table, child, *who)
            )
            for child in table.children
        }
        return Typed(
            rows=typed,
            children=children,
            quarantine=self._quarantine(table, bad, window_id),
            queue=self._queue(table, unreadable) if table.queue else None,
            unknown=counts,
            received=self._count_rows(),
        )

    def _type_elements(
        self, table: Table, child: Child, pages: Sequence[Page]
    ) -> tuple[Unknown, dict[str, int]]:
        """Types what an array of objects holds; its unknown fields, and how often each was seen."""
        elements = elements_of(child)
        self._count_elements(table, child, pages)
        self._db.execute(typing_sql.split_elements(child))
        unknown, counts = self._fields_seen(table, elements, pages)
        self._db.execute(typing_sql.make_texts(elements))
        self._db.execute(typing_sql.make_cells(elements, self._site_zone))
        self._db.execute(landing_sql.make_lines(child, unknown))
        return unknown, counts

    def _arrow(self, query: str) -> pa.Table:
        return self._db.execute(query).to_arrow_table()

    def _count_rows(self) -> int:
        found = self._db.execute("select count(*) from split").fetchone()
        return int(found[0]) if found else 0

    def _load(self, texts: Sequence[tuple[Page, str]]) -> None:
        body = pa.table(
            [
                [page.page_id for page, _ in texts],
                [page.received_at for page, _ in texts],
                [json.dumps(dict(page.asked)) for page, _ in texts],
                [text for _, text in texts],
            ],
            schema=_BODY,
        )
        self._db.register("body", body)
        try:
            self._db.execute(typing_sql.SPLIT_ROWS)
        finally:
            self._db.unregister("body")

    def _fields_seen(
        self, table: Table, shape: Shape, pages: Iterable[Page]
    ) -> tuple[Unknown, dict[str, int]]:
        """Undeclared fields and how often; a required field that no row of a page has is drift."""
        seen: dict[str, dict[Path, int]] = defaultdict(dict)
        objects = ((), *shape.objects)
        others = 0
        for page_id, holder, key, count in self._db.execute(typing_sql.keys_seen(shape)).fetchall():
            if key is None:
                others += count
            else:
                seen[page_id][*objects[holder], key] = count
        for page in pages:
            _require_fields(table, shape, page, seen.get(page.page_id, {}))
        unknown = shape.unknown({path for fields in seen.values() for path in fields})
        counts: Counter[str] = Counter()
        for fields in seen.values():
            for path in fields.keys() & set(unknown):
                counts[shape.called(path)] += fields[path]
        told = dict(counts.most_common(MOST_UNKNOWN))
        others += counts.total() - sum(told.values())
        if others:
            told[shape.mark + OTHERS] = others
        return Unknown(shape, tuple(unknown), bool(others)), told

    def _count_elements(self, table: Table, child: Child, pages: Iterable[Page]) -> None:
        """Holds the arrays of each page to a number of elements that memory can bear.

        Raises:
            Drifted: a page has more.
        """
        by_id = {page.page_id: page for page in pages}
        most = self._db.execute(typing_sql.most_elements(child)).fetchone()
        if most is not None and most[1] is not None and most[1] > MOST_ELEMENTS:
            raise Drifted(
                f"{by_id[most[0]].request} has {most[1]} elements of {child.name} in one page, and "
                f"{MOST_ELEMENTS} are the most that are read; nothing was confirmed, and the page "
                f"is kept in the archive as {most[0]}",
                table=table.name,
            )

    def _bad_rows(
        self, table: Table, known: set[tuple[Page, int]], pages: Iterable[Page]
    ) -> list[BadRow]:
        shapes = [rows_of(table), *(elements_of(c) for c in table.children if c.of_objects)]
        found = [
            row
            for shape in shapes
            for row in self._db.execute(typing_sql.why_bad(shape)).fetchall()
        ]
        by_id = {page.page_id: page for page in pages}
        raw: dict[str, Sequence[str]] = {}
        bad = []
        for page_id, number, column, reason in found:
            page = by_id[page_id]
            if (page, number) in known:
                continue
            if page_id not in raw:
                raw[page_id] = self._raw_rows(table, page)
            bad.append(BadRow(page, number, column, reason, raw[page_id][number]))
        return bad

    def _raw_rows(self, table: Table, page: Page) -> Sequence[str]:
        """The rows as the vendor wrote them; as DuckDB does where only that could read the page.

        It forgives a comma behind the last element, which is no reason to lose a page.
        """
        try:
            return exact_rows(table, page)
        except Drifted:
            asked = "select row_number, row::varchar from split where page_id = ?"
            found = self._db.execute(asked, [page.page_id]).fetchall()
            return [text or "null" for _, text in sorted(found)]

    def _queue(self, table: Table, unreadable: Iterable[BadRow]) -> pa.Table:
        """Items to confirm; a row that DuckDB can't read may still show its number to Python."""
        found = self._arrow(landing_sql.select_queue(table))
        column = table.column(table.version or "")
        path = (*column.within, column.wire)
        rescued = [(b, slices.field_of(b.raw, path)) for b in unreadable]
        rows = [
            {
                "page_id": b.page.page_id,
                "observed_at": b.page.received_at,
                "row_number": b.row_number,
                "item_id": item,
            }
            for b, item in rescued
            if isinstance(item, int) and not isinstance(item, bool) and abs(item) < 2**63
        ]
        return pa.concat_tables([found, pa.Table.from_pylist(rows, schema=found.schema)])

    def _quarantine(self, table: Table, bad: Sequence[BadRow], window_id: str) -> pa.Table:
        who = self._connection
        ids, texts = [], []
        for b in bad:
            texts.append(slices.readable(b.raw))
            mark = "\x1f".join([who, table.name, b.column, b.reason, texts[-1]])
            ids.append(hashlib.sha256(mark.encode()).hexdigest()[:16])
        return pa.table(
            [
                ids,
                [who] * len(bad),
                [table.name] * len(bad),
                [b.column for b in bad],
                [f"{b.column} {b.reason}".strip() for b in bad],
                texts,
                [b.page.page_id for b in bad],
                [b.row_number for b in bad],
                [window_id] * len(bad),
                [b.page.received_at for b in bad],
            ],
            schema=_QUARANTINE,
        )


def _require_fields(table: Table, shape: Shape, page: Page, fields: dict[Path, int]) -> None:
    if not fields:
        return
    for column in shape.columns:
        if column.required and not any((*column.within, w) in fields for w in column.wires):
            has = ", ".join(sorted(map(shape.called, fields))[:12])
            what = f"element of {shape.name} in" if shape.name else "row of"
            raise Drifted(
                f"no {what} {page.request} carries the required field "
                f"{shape.mark + column.path!r}; it has {has}. Nothing was confirmed; the page is "
                f"kept in the archive as {page.page_id}",
                table=table.name,
            )
