"""What tests may do to the site, below `/_sandbox/cimcloud`.

| route | |
|---|---|
| `GET truth?table=T` | `tables`: rows as sent, by table and key; `deleted`: keys by table; |
| | `online_orders_calls` |
| `POST save` | `{"table", "key", "fields", "touch": true}`: saves a row; |
| | without `touch` its change date stays |
| `POST make` | `{"table", "fields"}`: a row like the last one, with other fields and a new key |
| `POST delete`, `POST restore` | `{"table", "keys"}` |
| `POST change` | `{"share": 0.01}`: saves that share of every table with a change date |
| `GET budget` | calls, refusals, the most there were in a second and in a quarter hour |
| `GET swagger` | the site's Swagger |

A key of several fields is a list, or one text with the unit separator (U+001F) between its parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from sources._sandbox.answers import order, told
from sources.cimcloud.sandbox.resources import UNIT, Row
from sources.cimcloud.sandbox.site import Site
from sources.cimcloud.sandbox.store import Record, Table


class Controls:
    """The control routes of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/truth", told(self._truth), methods=["GET"]),
            Route("/save", told(self._save), methods=["POST"]),
            Route("/make", told(self._make), methods=["POST"]),
            Route("/delete", told(self._delete), methods=["POST"]),
            Route("/restore", told(self._restore), methods=["POST"]),
            Route("/change", told(self._change), methods=["POST"]),
            Route("/budget", told(self._budget), methods=["GET"]),
            Route("/swagger", told(self._swagger), methods=["GET"]),
        ]

    async def _truth(self, request: Request) -> Row:
        only = request.query_params.get("table")
        changes, tables = self._site.changes, self._site.distributor.tables
        shown = tables if only is None else {only: changes.table(only)}
        return {
            "tables": {
                name: {record.key: table.sent(record) for record in table.records()}
                for name, table in shown.items()
            },
            "deleted": {name: sorted(table.deleted) for name, table in shown.items()},
            "online_orders_calls": self._site.online_orders_calls,
        }

    async def _save(self, request: Request) -> Row:
        asked = await order(request)
        table = self._site.changes.table(asked["table"])
        touch = bool(asked.get("touch", True))
        fields = dict(asked["fields"])
        saved = self._site.changes.save(table, _key(asked["key"]), fields, touch=touch)
        return _answer(table, saved)

    async def _make(self, request: Request) -> Row:
        asked = await order(request)
        table = self._site.changes.table(asked["table"])
        return _answer(table, self._site.changes.make(table, asked.get("fields", {})))

    async def _delete(self, request: Request) -> Row:
        table, keys = await self._several(request)
        for key in keys:
            table.delete(key)
        return {"deleted": keys}

    async def _restore(self, request: Request) -> Row:
        table, keys = await self._several(request)
        for key in keys:
            table.restore(key)
        return {"restored": keys}

    async def _change(self, request: Request) -> Row:
        asked = await order(request)
        return {"changed": self._site.changes.change(float(asked["share"]))}

    async def _budget(self, _request: Request) -> Mapping[str, object]:
        return self._site.budget.told()

    async def _swagger(self, request: Request) -> Mapping[str, object]:
        return self._site.swagger(request.headers.get("Host", ""))

    async def _several(self, request: Request) -> tuple[Table, list[str]]:
        asked = await order(request)
        return self._site.changes.table(asked["table"]), [_key(key) for key in asked["keys"]]


def _answer(table: Table, record: Record) -> Row:
    return {"key": record.key, "row": table.sent(record)}


def _key(told: Any) -> str:
    return UNIT.join(map(str, told)) if isinstance(told, list) else str(told)
