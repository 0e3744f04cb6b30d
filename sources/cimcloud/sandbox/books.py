"""The site's books in the language of all sandboxes: what tests may do to its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sources._sandbox.books import Books
from sources.cimcloud.sandbox.resources import resources
from sources.cimcloud.sandbox.site import Site


class SiteBooks:
    """Changes rows as people do, and what a row looks like on the wire."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def books(self) -> Books:
        """The controls."""
        return Books(
            keys=self._keys,
            change=self._change,
            make=self._make,
            delete=self._delete,
            plant=self._plant,
            rename=self._rename,
            stir=self._stir,
            order_promised=False,
            routes={name: f"/{r.path}/" for name, r in resources().items()},
            issued=lambda: self._site.tokens.issued,
        )

    def _keys(self) -> Mapping[str, Sequence[str]]:
        tables = self._site.distributor.tables.items()
        return {name: [record.key for record in table.records()] for name, table in tables}

    def _change(self, table: str) -> str:
        changes = self._site.changes
        return changes.amend_one(changes.table(table))

    def _make(self, table: str) -> str:
        changes = self._site.changes
        return changes.make(changes.table(table), {}).key

    def _delete(self, table: str, keys: Sequence[str]) -> None:
        for key in keys:
            self._site.changes.table(table).delete(key)

    def _plant(self, table: str, field: str, value: object) -> None:
        rows = self._site.changes.table(table)
        rows.written.plant(table, field, value)
        rows.write_anew()

    def _rename(self, table: str, field: str, to: str) -> None:
        rows = self._site.changes.table(table)
        rows.written.rename(table, field, to)
        rows.write_anew()

    def _stir(self, every: int) -> None:
        self._site.busy = every
