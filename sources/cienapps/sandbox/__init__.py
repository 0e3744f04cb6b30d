"""Cienapps as its sheet describes it, with the fictional company's documents in its lists.

Played [S]: the header `ApiToken`; three lists of pending notifications as bare arrays; one
confirmation for all; one sequence of numbers over the three. The printed samples are among the
rows, numbered 11 to 13 as printed; 1 to 10 were confirmed long ago.
Played [A]: the answer to a confirmation is an empty 200, since nothing says what it is; 401 and
403 are plain text; rows come in no order.

Options: `write` (true; false is a key without write permission), `triggers` (true; false is the
module API Triggers not activated: saves raise nothing), `unknown_ids` (`tolerate`; `refuse`
answers 404 but confirms the ids it knows, `refuse_all` answers 400 and confirms none),
`confirm_route` (the heading's, `/api/sync/confirm`; the prose has `/sync/confirm`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sources._sandbox.company_deals import Kind
from sources._sandbox.company_world import Saved, World
from sources._sandbox.faults import FaultKind, struck
from sources._sandbox.journal import Journal
from sources._sandbox.notification_controls import Entity, NotificationControls
from sources._sandbox.notifications import Notifications, Planted, Row
from sources._sandbox.setup import Options
from sources._sandbox.vendor import SandboxVendor
from sources._sandbox.wire import ENTRY, Dropped
from sources.cienapps.sandbox.books import SavedBooks
from sources.cienapps.sandbox.rows import row_of

SAMPLES = Path(__file__).with_name("samples.json")
ENTITY = {Kind.ORDER: "order", Kind.QUOTATION: "quotation", Kind.WORK_ORDER: "workorder"}
KEYS = {"order": "Order_Number", "quotation": "Quotation_Number", "workorder": "WorkOrder_Number"}
SAMPLE_ORDER = ("order", "quotation", "workorder")  # numbered 11, 12, 13
OLD_CONFIRMATIONS = range(1, 11)
FAULTS = (
    FaultKind("empty_list", route="/list", unseen=True),
    FaultKind("half_confirm", route="/confirm"),
    FaultKind("lost_confirm", route="/confirm"),
)


def sandbox(world: World, journal: Journal, options: Options) -> SandboxVendor:
    """The vendor's other side; see the module for its options."""
    site = Site(world, journal, options)
    controls = NotificationControls(
        site.queue,
        site.entities,
        id_field="SyncID",
        active=site.has_triggers,
    )
    return SandboxVendor(
        routes=site.routes,
        controls=controls.routes,
        credentials={"api_token": site.api_token},
        saved=site.saved,
        faults=FAULTS,
        books=site.books.books(),
    )


class Site:
    """One customer's Cienapps server."""

    def __init__(self, world: World, journal: Journal, options: Options) -> None:
        options.expect(("write", "triggers", "unknown_ids", "confirm_route"))
        refusals = ("tolerate", "refuse", "refuse_all")
        self._may_write = options.flag("write", True)
        self._unknown_ids = options.choice("unknown_ids", refusals, "tolerate")
        self.has_triggers = options.flag("triggers", True)
        self.api_token = f"sandbox-key-{options.seed}"
        self.samples: dict[str, Row] = json.loads(SAMPLES.read_text("utf-8"))
        self.entities = {name: Entity(KEYS[name], row) for name, row in self.samples.items()}
        first = OLD_CONFIRMATIONS.stop
        self.queue = Notifications(
            world, journal, options, row_of, id_field="SyncID", first_id=first
        )
        self.books = SavedBooks(self.queue, self.entities, options.seed)
        self.queue.remember(_old_confirmation(number) for number in OLD_CONFIRMATIONS)
        if self.has_triggers:
            for name in SAMPLE_ORDER:
                row = self.samples[name]
                self.queue.add(name, str(row[KEYS[name]]), Planted(row, number_as="SyncID"))
        confirm_route = options.own.get("confirm_route", "/api/sync/confirm")
        self.routes = [
            Route("/api/sync/{entity}/list", self._list, methods=["GET"]),
            Route(confirm_route, self._confirm, methods=["POST"]),
        ]

    def saved(self, saves: Sequence[Saved]) -> None:
        """Raises a notification for each save, while the triggers are active."""
        if self.has_triggers:
            for save in saves:
                self.queue.add(ENTITY[save.document.kind], save.document.key, save)

    async def _list(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        entity = request.path_params["entity"]
        if entity not in KEYS:
            return PlainTextResponse("Not Found", 404)
        body = b"[]" if struck(request) == "empty_list" else self.queue.listed(entity)
        return Response(body, media_type="application/json; charset=utf-8")

    async def _confirm(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        if not self._may_write:
            return PlainTextResponse("This key has no write permission", 403)
        numbers = _numbers(await request.body())
        if numbers is None:
            return PlainTextResponse("SyncID: an array of numbers is expected", 400)
        fault = struck(request)
        unknown = [number for number in numbers if not self.queue.is_pending(number)]
        if unknown and self._unknown_ids == "refuse_all":
            return self._confirmed(request, numbers, [], PlainTextResponse("Unknown SyncID", 400))
        done = numbers[: len(numbers) // 2] if fault == "half_confirm" else numbers
        answer: Response = Response()
        if fault == "half_confirm":
            answer = PlainTextResponse("Object reference not set", 500)
        elif fault == "lost_confirm":
            answer = Dropped()
        elif unknown and self._unknown_ids == "refuse":
            answer = PlainTextResponse("Unknown SyncID", 404)
        return self._confirmed(request, numbers, done, answer)

    def _confirmed(
        self, request: Request, asked: list[int], done: list[int], answer: Response
    ) -> Response:
        entry = request.scope[ENTRY]
        entry["asked"], entry["confirmed"] = asked, self.queue.confirm(done)
        return answer

    def _refusal(self, request: Request) -> Response | None:
        if request.headers.get("ApiToken") == self.api_token:
            return None
        return PlainTextResponse("Invalid ApiToken", 401)


def _numbers(body: bytes) -> list[int] | None:
    """The ids of `{"SyncID": [...]}`; None if it is anything else."""
    try:
        numbers = json.loads(body)["SyncID"]
    except (ValueError, KeyError, TypeError):
        return None
    is_right = isinstance(numbers, list) and all(type(number) is int for number in numbers)
    return numbers if is_right else None


def _old_confirmation(number: int) -> Row:
    at = f"2023-11-0{1 + number // 3}T15:{number:02}:00+00:00"
    entity = SAMPLE_ORDER[number % 3]
    return {"sync_id": number, "entity": entity, "key": None, "saved_at": at, "confirmed_at": at}
