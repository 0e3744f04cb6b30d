"""The books of every vendor on the wire, below `/_sandbox/<vendor>/books`.

| route | |
|---|---|
| `GET /about` | `routes`, `plant_settings`, `every_table`, `can_delete`, `can_stir`, |
| | `order_promised`, `derived` |
| `GET /keys` | the keys that a client can see, by table |
| `GET /issued` | the tokens that were handed out |
| `POST /change`, `POST /make` | `{"table"}`: a document's `key` |
| `POST /delete` | `{"table", "keys"}` |
| `POST /plant` | `{"table", "field", "value"}` |
| `POST /rename` | `{"table", "field", "to"}` |
| `POST /stir` | `{"every"}` |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.routing import Route

from sources._sandbox.answers import order, told
from sources._sandbox.books import Books


class BooksRoutes:
    """The control routes over one vendor's books."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self.routes = [
            Route("/books/about", told(self._about), methods=["GET"]),
            Route("/books/keys", told(self._keys), methods=["GET"]),
            Route("/books/issued", told(self._issued), methods=["GET"]),
            Route("/books/change", told(self._change), methods=["POST"]),
            Route("/books/make", told(self._make), methods=["POST"]),
            Route("/books/delete", told(self._delete), methods=["POST"]),
            Route("/books/plant", told(self._plant), methods=["POST"]),
            Route("/books/rename", told(self._rename), methods=["POST"]),
            Route("/books/stir", told(self._stir), methods=["POST"]),
        ]

    async def _about(self, _request: Request) -> Mapping[str, object]:
        return {
            "routes": dict(self._books.routes),
            "plant_settings": dict(self._books.plant_settings),
            "every_table": dict(self._books.every_table),
            "can_delete": self._books.delete is not None,
            "can_stir": self._books.stir is not None,
            "order_promised": self._books.order_promised,
            "derived": list(self._books.derived),
        }

    async def _keys(self, _request: Request) -> Mapping[str, Sequence[str]]:
        return {table: sorted(keys) for table, keys in self._books.keys().items()}

    async def _issued(self, _request: Request) -> Sequence[str]:
        return list(self._books.issued()) if self._books.issued is not None else []

    async def _change(self, request: Request) -> Mapping[str, str]:
        asked = await order(request)
        return {"key": self._books.change(asked["table"])}

    async def _make(self, request: Request) -> Mapping[str, str]:
        asked = await order(request)
        return {"key": self._books.make(asked["table"])}

    async def _delete(self, request: Request) -> Mapping[str, object]:
        asked = await order(request)
        if self._books.delete is None:
            raise ValueError("nothing can be deleted here: its list tells of events")
        self._books.delete(asked["table"], asked["keys"])
        return {"deleted": asked["keys"]}

    async def _plant(self, request: Request) -> Mapping[str, object]:
        asked = await order(request)
        self._books.plant(asked["table"], asked["field"], asked["value"])
        return {"planted": asked["field"]}

    async def _rename(self, request: Request) -> Mapping[str, object]:
        asked = await order(request)
        self._books.rename(asked["table"], asked["field"], asked["to"])
        return {"renamed": asked["field"]}

    async def _stir(self, request: Request) -> Mapping[str, object]:
        asked = await order(request)
        if self._books.stir is None:
            raise ValueError("its lists do not move while they are read")
        self._books.stir(int(asked["every"]))
        return {"every": asked["every"]}
