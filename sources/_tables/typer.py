"""Raw pages in, typed Arrow out; what does not type goes to quarantine with its reason."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from sources._http.errors import Drifted
from sources._tables import slices, typing_sql
from sources._tables.declare import Table
from sources._tables.page import Page
from sources._tables.readable import BadRow, readable_pages

_BODY = pa.schema(
    [("page_id", pa.string()), ("observed_at", pa.timestamp("us")), ("body", pa.string())]
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
        unknown: how many rows carried each undeclared field.
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
        unknown = self._fields_seen(table, pages)
        self._db.execute(typing_sql.make_texts(table))
        self._db.execute(typing_sql.make_cells(table, self._site_zone))
        bad = unreadable + self._bad_rows(
            table, texts, {(b.page, b.row_number) for b in unreadable}
        )
        rows = self._arrow(
            typing_sql.select_rows(table, sorted(unknown), self._connection, window_id)
        )
        children = {
            child.name: self._arrow(
                typing_sql.select_children(table, child, self._connection, window_id)
            )
            for child in table.children
        }
        return Typed(
            rows=rows,
            children=children,
            quarantine=self._quarantine(table, bad, window_id),
            queue=self._queue(table, unreadable) if table.queue else None,
            unknown=unknown,
            received=rows.num_rows + len({(b.page.page_id, b.row_number) for b in bad}),
        )

    def _arrow(self, query: str) -> pa.Table:
        return self._db.execute(query).to_arrow_table()

    def _load(self, texts: Sequence[tuple[Page, str]]) -> None:
        body = pa.table(
            [
                [page.page_id for page, _ in texts],
                [page.received_at for page, _ in texts],
                [text for _, text in texts],
            ],
            schema=_BODY,
        )
        self._db.register("body", body)
        try:
            self._db.execute(typing_sql.SPLIT_ROWS)
        finally:
            self._db.unregister("body")

    def _fields_seen(self, table: Table, pages: Iterable[Page]) -> dict[str, int]:
        """Undeclared fields and how often; a required field that no row of a page has is drift."""
        seen: dict[str, dict[str, int]] = defaultdict(dict)
        for page_id, key, count in self._db.execute(typing_sql.KEYS_SEEN).fetchall():
            seen[page_id][key] = count
        for page in pages:
            _require_fields(table, page, seen.get(page.page_id))
        declared = {w for c in table.columns for w in (c.wire, *c.aliases)}
        declared |= {child.wire for child in table.children} | set(table.ignored)
        unknown: dict[str, int] = defaultdict(int)
        for fields in seen.values():
            for key, count in fields.items():
                if key not in declared:
                    unknown[key] += count
        return dict(unknown)

    def _bad_rows(
        self, table: Table, texts: Sequence[tuple[Page, str]], known: set[tuple[Page, int]]
    ) -> list[BadRow]:
        found = self._db.execute(typing_sql.why_bad(table)).fetchall()
        by_id = {page.page_id: (page, text) for page, text in texts}
        raw: dict[str, list[str]] = {}
        bad = []
        for page_id, number, column, reason in found:
            page, text = by_id[page_id]
            if (page, number) in known:
                continue
            if page_id not in raw:
                raw[page_id] = slices.raw_rows(text.encode("utf-8"))
            bad.append(BadRow(page, number, column, reason, raw[page_id][number]))
        return bad

    def _queue(self, table: Table, unreadable: Iterable[BadRow]) -> pa.Table:
        """Items to confirm; a row that DuckDB can't read may still show its number to Python."""
        found = self._arrow(typing_sql.select_queue(table))
        wire = table.column(table.version or "").wire
        rescued = [(b, slices.field_of(b.raw, wire)) for b in unreadable]
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

    def _quarantine(self, table: Table, bad: Iterable[BadRow], window_id: str) -> pa.Table:
        rows = []
        for b in bad:
            text = slices.readable(b.raw)
            mark = "\x1f".join([self._connection, table.name, b.column, b.reason, text])
            rows.append(
                {
                    "quarantine_id": hashlib.sha256(mark.encode()).hexdigest()[:16],
                    "connection": self._connection,
                    "table_name": table.name,
                    "column_name": b.column,
                    "reason": f"{b.column} {b.reason}".strip(),
                    "raw": text,
                    "page_id": b.page.page_id,
                    "row_number": b.row_number,
                    "window_id": window_id,
                    "received_at": b.page.received_at,
                }
            )
        return pa.Table.from_pylist(rows, schema=_QUARANTINE)


def _require_fields(table: Table, page: Page, fields: dict[str, int] | None) -> None:
    if not fields:
        return
    for column in table.columns:
        if column.required and not any(w in fields for w in (column.wire, *column.aliases)):
            raise Drifted(
                f"no row of {page.request} carries the required field {column.wire!r}; it has "
                f"{', '.join(sorted(fields)[:12])}. Nothing was confirmed; the page is kept "
                f"in the archive as {page.page_id}",
                table=table.name,
            )
