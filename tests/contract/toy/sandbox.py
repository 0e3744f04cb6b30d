"""The toy shop as its sheet describes it: two lists by offset, by number, behind a key.

Of its own it can go wrong in one way: `not_a_list`, an object without rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sources._sandbox.books import Books
from sources._sandbox.chance import dice
from sources._sandbox.company_world import World
from sources._sandbox.faults import FaultKind, struck
from sources._sandbox.journal import Journal
from sources._sandbox.setup import Options
from sources._sandbox.vendor import SandboxVendor
from sources._sandbox.written import Written

Row = dict[str, Any]
MOST = 10  # rows of an answer
ROWS = {"toys": 45, "boxes": 25}


def sandbox(_world: World, _journal: Journal, options: Options) -> SandboxVendor:
    """The shop's other side; it has no options."""
    options.expect(())
    shop = Shop(options.seed)
    return SandboxVendor(
        routes=[
            Route("/{table}", shop.list, methods=["GET"]),
            Route("/{table}/{number}", shop.one, methods=["GET"]),
        ],
        controls=[],
        credentials={"shop_key": shop.key},
        saved=lambda _saves: None,
        faults=(FaultKind("not_a_list"),),
        books=Books(
            keys=shop.keys,
            change=shop.change,
            make=shop.make,
            delete=shop.delete,
            plant=shop.written.plant,
            rename=shop.written.rename,
            stir=shop.stir,
            routes={table: f"/{table}" for table in ROWS},
        ),
    )


class Shop:
    """Rows by table and number."""

    def __init__(self, seed: int) -> None:
        self.key = f"sandbox-shop-key-{seed}"
        self.written = Written()
        self._chance = dice("toy", seed)
        self._next = 1
        self._rows: dict[str, dict[int, Row]] = {table: {} for table in ROWS}
        self._every = 0
        self._listed = 0
        for table, count in ROWS.items():
            for _ in range(count):
                self.make(table)

    async def list(self, request: Request) -> Response:
        """A page of a list."""
        table = request.path_params["table"]
        if (refusal := self._refusal(request, table)) is not None:
            return refusal
        if struck(request) == "not_a_list":
            return JSONResponse({"sorry": True})
        offset = int(request.query_params["offset"])
        count = min(int(request.query_params["count"]), MOST)
        rows = sorted(self._rows[table].values(), key=lambda row: row["number"])
        answer = self._answer(table, rows[offset : offset + count])
        self._listed += 1
        if self._every and self._listed % self._every == 0:
            self.change(table)
            self.make(table)
            self.delete(table, [self._chance.choice(self.keys()[table])])
        return answer

    async def one(self, request: Request) -> Response:
        """One row, as a list of one."""
        table = request.path_params["table"]
        if (refusal := self._refusal(request, table)) is not None:
            return refusal
        row = self._rows[table].get(int(request.path_params["number"]))
        if row is None:
            return PlainTextResponse("There is no such row", 404)
        return self._answer(table, [row])

    def keys(self) -> Mapping[str, Sequence[str]]:
        """The numbers there are."""
        return {table: [str(number) for number in rows] for table, rows in self._rows.items()}

    def change(self, table: str) -> str:
        """Saves one row."""
        row = self._rows[table][self._chance.choice(sorted(self._rows[table]))]
        row["revision"] += 1
        row["name"] = f"{table} {row['number']}, revised {row['revision']} times"
        return str(row["number"])

    def make(self, table: str) -> str:
        """Makes one row."""
        row: Row = {"number": self._next, "name": f"{table} {self._next}", "revision": 1}
        if table == "toys":
            row["price"] = f"{self._chance.randrange(100, 9000) / 100:.2f}"
        self._rows[table][self._next] = row
        self._next += 1
        return str(row["number"])

    def delete(self, table: str, keys: Sequence[str]) -> None:
        """Takes rows away."""
        for key in keys:
            del self._rows[table][int(key)]

    def stir(self, every: int) -> None:
        """After so many lists, people come by."""
        self._every = every

    def _answer(self, table: str, rows: Sequence[Row]) -> Response:
        sent = [self.written.of(table, row) for row in rows]
        return JSONResponse({"total": len(self._rows[table]), "rows": sent})

    def _refusal(self, request: Request, table: str) -> Response | None:
        if request.headers.get("X-Shop-Key") != self.key:
            return PlainTextResponse("Who are you?", 401)
        return None if table in self._rows else PlainTextResponse("There is no such list", 404)
