"""What tests may do to a sandbox that keeps a `Store`, below `/_sandbox/<vendor>`.

| route | |
|---|---|
| `GET truth?table=T` | `tables`: rows as sent, by table and key; `deleted`: keys by table |
| `POST save` | `{"table", "key", "fields", "touch": true, "at": null}`: saves a row; without |
| | `touch` its change time stays; `at`, with an offset, is what it says instead of now |
| `POST make` | `{"table", "fields"}`: a row like the last one, with other fields and a new key |
| `POST delete`, `POST restore` | `{"table", "keys"}` |
| `POST change` | `{"share": 0.01}`: saves that share of every table with a change time |

A key of several fields is a list, or one text with the unit separator (U+001F) between its parts.
A field `a.b` is the field `b` of the object `a`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from sources._sandbox.answers import order, told
from sources._sandbox.books import Books
from sources._sandbox.store import UNIT, Record, Row, Store, Table
from sources._sandbox.written import Written

AsSent = Callable[[Table, Row], Row]
Stamped = Callable[[Table, datetime], Any]


class StoreControls:
    """The control routes of one store, and its books.

    Args:
        store: gives the store as it is now.
        as_sent: a row of a table as the vendor sends it, all of it.
        stamped: a moment as the change time of a table says it.
        routes: by table, the part of a path on which its rows come.
    """

    def __init__(
        self,
        store: Callable[[], Store],
        as_sent: AsSent,
        stamped: Stamped,
        routes: Mapping[str, str],
    ) -> None:
        self.every = 0
        self._store = store
        self._as_sent = as_sent
        self._written = Written()
        self._stamped = stamped
        self._paths = routes

    def routes(self) -> list[BaseRoute]:
        """Its routes."""
        return [
            Route("/truth", told(self._truth), methods=["GET"]),
            Route("/save", told(self._save), methods=["POST"]),
            Route("/make", told(self._make), methods=["POST"]),
            Route("/delete", told(self._delete), methods=["POST"]),
            Route("/restore", told(self._restore), methods=["POST"]),
            Route("/change", told(self._change), methods=["POST"]),
        ]

    def books(self, issued: Callable[[], Sequence[str]]) -> Books:
        """The same in the language of all sandboxes.

        Args:
            issued: the tokens that were handed out.
        """
        return Books(
            keys=lambda: {
                table.kind.name: [record.key for record in table.records()]
                for table in self._store()
            },
            change=lambda name: self._store().amend_one(self._store().table(name)).key,
            make=lambda name: self._store().make(self._store().table(name), {}).key,
            delete=lambda name, keys: _each(self._store().table(name).delete, keys),
            plant=self._written.plant,
            rename=self._written.rename,
            stir=self._stir,
            routes=self._paths,
            issued=issued,
        )

    def sent(self, table: Table, row: Row) -> Row:
        """A row with what tests planted in it and renamed; last of all that is done to it."""
        return self._written.of(table.kind.name, row)

    def _stir(self, every: int) -> None:
        self.every = every

    def _shown(self, table: Table, record: Record) -> Row:
        return self.sent(table, self._as_sent(table, record.row))

    async def _truth(self, request: Request) -> Row:
        only, store = request.query_params.get("table"), self._store()
        tables = list(store) if only is None else [store.table(only)]
        return {
            "tables": {
                table.kind.name: {r.key: self._shown(table, r) for r in table.records()}
                for table in tables
            },
            "deleted": {table.kind.name: sorted(table.deleted) for table in tables},
        }

    async def _save(self, request: Request) -> Row:
        asked = await order(request)
        table, key = self._store().table(asked["table"]), _key(asked["key"])
        if table.get(key) is None:
            raise KeyError(key)
        at = asked.get("at")
        stamp = None if at is None else self._stamped(table, datetime.fromisoformat(at))
        touch = bool(asked.get("touch", True))
        return self._told(table, table.update(key, asked["fields"], touch=touch, at=stamp))

    async def _make(self, request: Request) -> Row:
        asked = await order(request)
        table = self._store().table(asked["table"])
        return self._told(table, self._store().make(table, asked.get("fields", {})))

    async def _delete(self, request: Request) -> Row:
        table, keys = await self._several(request)
        _each(table.delete, keys)
        return {"deleted": keys}

    async def _restore(self, request: Request) -> Row:
        table, keys = await self._several(request)
        _each(table.restore, keys)
        return {"restored": keys}

    async def _change(self, request: Request) -> Row:
        asked = await order(request)
        return {"changed": self._store().change(float(asked["share"]))}

    async def _several(self, request: Request) -> tuple[Table, list[str]]:
        asked = await order(request)
        return self._store().table(asked["table"]), [_key(key) for key in asked["keys"]]

    def _told(self, table: Table, record: Record) -> Row:
        return {"key": record.key, "row": self._shown(table, record)}


def _each(does: Callable[[str], None], keys: Any) -> None:
    for key in keys:
        does(key)


def _key(told_key: Any) -> str:
    return UNIT.join(map(str, told_key)) if isinstance(told_key, list) else str(told_key)
