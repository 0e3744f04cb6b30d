"""The control plane, `/_sandbox`: the clock, the faults, the books. No vendor has one.

| route | |
|---|---|
| `GET /_sandbox` | the clock, the seed, and per vendor its address, credentials and settings |
| `POST /_sandbox/advance` | `{"days": 5}` (also `hours`): turns the clock |
| `GET /_sandbox/log?after=N` | the requests that vendors received |
| `GET`, `POST`, `DELETE /_sandbox/faults` | the faults armed; arm one; disarm all |
| `/_sandbox/<vendor>/books/…` | what all sandboxes offer, see `books_routes` |
| `/_sandbox/<vendor>/…` | what the vendor's own sandbox offers |
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.routing import BaseRoute, Mount, Route

from sources._sandbox.answers import order, told
from sources._sandbox.books_routes import BooksRoutes
from sources._sandbox.company_world import World
from sources._sandbox.faults import Faults
from sources._sandbox.journal import Journal
from sources._sandbox.vendor import SandboxVendor


class Control:
    """The control plane over one world and the vendors that tell of it."""

    def __init__(
        self,
        world: World,
        faults: Faults,
        journal: Journal,
        vendors: Mapping[str, SandboxVendor],
    ) -> None:
        self._world = world
        self._faults = faults
        self._journal = journal
        self._vendors = vendors

    def routes(self) -> list[BaseRoute]:
        """Its routes; no key is asked, since the server is for this machine only."""
        own: list[BaseRoute] = [
            Route("/_sandbox", told(self._overview), methods=["GET"]),
            Route("/_sandbox/advance", told(self._advance), methods=["POST"]),
            Route("/_sandbox/log", told(self._log), methods=["GET"]),
            Route("/_sandbox/faults", told(self._armed), methods=["GET"]),
            Route("/_sandbox/faults", told(self._arm), methods=["POST"]),
            Route("/_sandbox/faults", told(self._disarm), methods=["DELETE"]),
        ]
        vendors = self._vendors.items()
        return own + [Mount(f"/_sandbox/{name}", routes=_below(them)) for name, them in vendors]

    async def _overview(self, request: Request) -> object:
        root = str(request.base_url.replace(path="")).rstrip("/")
        return {
            "now": self._world.time.isoformat(),
            "seed": self._world.seed,
            "vendors": {
                name: {
                    "base_url": f"{root}/{name}",
                    "credentials": dict(vendor.credentials),
                    "settings": dict(vendor.settings),
                }
                for name, vendor in self._vendors.items()
            },
        }

    async def _advance(self, request: Request) -> object:
        asked = await order(request)
        if unknown := set(asked) - {"days", "hours"}:
            raise ValueError(f"advance takes days and hours, not {sorted(unknown)}")
        minutes = round((asked.get("days", 0) * 24 + asked.get("hours", 0)) * 60)
        saves = self._world.advance(minutes)
        for vendor in self._vendors.values():
            vendor.saved(saves)
        return {"now": self._world.time.isoformat(), "saves": len(saves)}

    async def _log(self, request: Request) -> object:
        return self._journal.requests[int(request.query_params.get("after", "0")) :]

    async def _armed(self, _request: Request) -> object:
        return self._faults.told()

    async def _arm(self, request: Request) -> object:
        return self._faults.arm(await order(request)).told()

    async def _disarm(self, _request: Request) -> object:
        self._faults.clear()
        return []


def _below(vendor: SandboxVendor) -> list[BaseRoute]:
    books = BooksRoutes(vendor.books).routes if vendor.books is not None else []
    return [*books, *vendor.controls]
