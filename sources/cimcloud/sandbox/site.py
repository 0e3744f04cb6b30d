"""The site on the wire: who comes in, what is asked for, what it costs, what is answered."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from sources._sandbox.company_world import World
from sources._sandbox.faults import STRUCK, Fault, FaultKind
from sources._sandbox.journal import Entry
from sources._sandbox.setup import SetupError
from sources.cimcloud.sandbox.budget import CallBudget, Verdict
from sources.cimcloud.sandbox.changes import Changes
from sources.cimcloud.sandbox.clock import SiteClock
from sources.cimcloud.sandbox.distributor import Distributor
from sources.cimcloud.sandbox.lists import PAGE, Lists, asked_of, body_of, reduced
from sources.cimcloud.sandbox.play import Play
from sources.cimcloud.sandbox.resources import resources
from sources.cimcloud.sandbox.searchstring import MalformedError
from sources.cimcloud.sandbox.store import Table
from sources.cimcloud.sandbox.swagger import swagger
from sources.cimcloud.sandbox.tokens import SITE, Tokens, as_json

VERDICT = "penstock.cimcloud.verdict"
SHARE_OF_ROWS = FaultKind("share_of_rows", {"share": 0.1}, times=None, unseen=True)
NOT_A_LIST = FaultKind("not_a_list")
REPEATED_PAGE = FaultKind("repeated_page")
PAGE_404 = FaultKind("page_404")
EXPIRED_TOKEN = FaultKind("expired_token")
FAULTS = (SHARE_OF_ROWS, NOT_A_LIST, REPEATED_PAGE, PAGE_404, EXPIRED_TOKEN)
METHODS = ("GET", "POST", "PUT", "DELETE")


class Site:
    """One customer's CIMcloud site.

    Its business is made up when somebody first asks, since most sandboxes are started for another
    vendor's sake.
    """

    def __init__(self, world: World, play: Play) -> None:
        self.clock = SiteClock(world, play.zone, play.today_offset)
        self.budget = CallBudget(play)
        self.tokens = Tokens(play, self.clock)
        self.distributor = Distributor(play, self.clock)
        self.changes = Changes(self.distributor, self.clock, play.seed)
        self.online_orders_calls = 0
        self.routes = [Route("/{path:path}", self._endpoint, methods=METHODS)]
        known = {name for r in resources().values() for name in (r.table, r.path)}
        if unknown := play.denied - known:
            raise SetupError(f"cimcloud.deny names {sorted(unknown)}: there are {sorted(known)}")
        self._play = play
        self._lists = Lists(play, self.clock)
        self.busy = play.busy
        self._listed = 0

    def noticed(self, scope: Scope, entry: Entry) -> None:
        """Counts a call as it comes in, whatever becomes of it, and notes what it found."""
        self.distributor.be_ready()  # before the time is taken: the first call waits for years
        segments = self._segments(scope)
        counts = self._counts(segments)
        verdict = self.budget.call() if counts else self.budget.glance()
        scope[VERDICT] = verdict
        entry["budget_at"], entry["over_budget"] = verdict.at, verdict.over
        entry["remaining"], entry["counted"] = verdict.remaining, counts

    def swagger(self, host: str) -> dict[str, object]:
        """The site's Swagger."""
        resources = {name: t.resource for name, t in self.distributor.tables.items()}
        return swagger(resources, host)

    def _counts(self, segments: list[str]) -> bool:
        name = "/".join(segments[1:]).lower()
        if name in ("authenticate", "refresh"):
            return self._play.login_counts
        return name not in ("healthcheck/canary", "swagger/docs/v1")

    def _segments(self, scope: Scope) -> list[str]:
        """The path below the vendor, decoded; where a decoded slash divides is an option."""
        raw = scope["raw_path"].decode("latin-1").removeprefix(scope["root_path"])
        if self._play.slash_is_kept:
            return _resolved(unquote(segment) for segment in raw.split("/"))
        return _resolved(unquote(raw).split("/"))

    async def _endpoint(self, request: Request) -> Response:
        verdict: Verdict = request.scope[VERDICT]
        if verdict.over:
            answer: Response = PlainTextResponse("Too many calls", 429)
            if not self._play.headers_on_429:
                return answer
        else:
            answer = await self._answer(request, self._segments(request.scope))
        answer.headers["X-RateLimit-Limit"] = str(self.budget.limit)
        answer.headers["X-RateLimit-Remaining"] = str(verdict.remaining)
        answer.headers["X-RateLimit-Reset"] = str(verdict.reset)
        return answer

    async def _answer(self, request: Request, segments: list[str]) -> Response:
        name = "/".join(segments[1:]).lower()
        if not segments or segments[0].lower() != SITE:
            return PlainTextResponse("There is no such site", 404)
        if name == "healthcheck/canary":
            return _json({"status": "Running"})
        if name in ("authenticate", "refresh"):
            return await self._log_in(request, is_renewal=name == "refresh")
        authorization = request.headers.get("Authorization", "")
        fault: Fault | None = request.scope.get(STRUCK)
        if fault is not None and fault.kind is EXPIRED_TOKEN:
            self.tokens.forget(authorization)
            return PlainTextResponse("Unauthorized", 401)
        if not self.tokens.admits(authorization):
            return PlainTextResponse("Unauthorized", 401)
        if name == "validate":
            return Response()
        if name == "healthcheck":
            return _json(HEALTHY)
        if name == "swagger/docs/v1":
            return _json(self.swagger(request.headers.get("Host", "")))
        return self._resource(request, segments[1:], fault)

    async def _log_in(self, request: Request, *, is_renewal: bool) -> Response:
        if request.method != "POST":
            return PlainTextResponse("Method Not Allowed", 405)
        try:
            body = await request.body()
            answer = self.tokens.refresh(body) if is_renewal else self.tokens.log_in(body)
        except ValueError as error:
            return PlainTextResponse(f"Bad Request: {error}", 400)
        return PlainTextResponse("Unauthorized", 401) if answer is None else _json(answer)

    def _resource(self, request: Request, rest: list[str], fault: Fault | None) -> Response:
        path = rest[0].lower() if rest else ""
        if path == "onlineorders" and request.method == "GET":
            return self._online_orders()
        table = self.distributor.by_path.get(path)
        if table is None and path not in ("onlineorders", "orderpassthrough"):
            return PlainTextResponse("There is no such resource", 404)
        is_denied = table is not None and {path, table.resource.table} & self._play.denied
        if request.method != "GET" or is_denied:
            return PlainTextResponse("This App Authorization does not allow it", 403)
        if table is None:
            return PlainTextResponse("Method Not Allowed", 405)
        try:
            return self._list(table, rest[1:], fault)
        except MalformedError as error:
            return PlainTextResponse(f"Bad searchstring: {error}", 400)

    def _list(self, table: Table, segments: list[str], fault: Fault | None) -> Response:
        asked = asked_of(segments)
        page, kind = asked.page, fault.kind if fault else None
        records = self._lists.matching(table, asked.searchstring)
        if fault is not None and kind is SHARE_OF_ROWS:
            records = reduced(records, fault["share"])
        elif kind is REPEATED_PAGE and page > 1:
            page -= 1
        is_past = page > 1 and (page - 1) * PAGE >= len(records)
        if kind is PAGE_404 or (is_past and self._play.past_end_is_404):
            answer: Response = PlainTextResponse("Not Found", 404)
        elif kind is NOT_A_LIST:
            answer = _json({"message": "An error has occurred."})
        else:
            answer = _json(body_of(table, records, page))
        self._listed += 1
        if self.busy and self._listed % self.busy == 0:
            self.changes.stir(table)
        return answer

    def _online_orders(self) -> Response:
        """Hands out the orders the ERP has not taken yet, and marks them as taken [P]."""
        self.online_orders_calls += 1
        table = self.distributor.tables["orders"]
        waiting = [record for record in table.records() if record.row["exported"] == 0]
        body = b"[" + b",".join(map(table.body, waiting)) + b"]"
        for record in waiting:
            table.update(record.key, {"exported": 1}, self.clock.now, touch=False)
        return _json(body)


HEALTHY = {
    "status": "Running",
    "productionDatabase": "coastal_production",
    "apiVersionNumber": "2.0",
    "databaeConnection": True,
    "usingStagingDB": "false",
    "databaseConnectionError": "",
}


def _resolved(segments: Iterable[str]) -> list[str]:
    """The segments as servers resolve them: `..` takes one back, `.` and nothing are nothing."""
    resolved: list[str] = []
    for segment in segments:
        if segment == "..":
            del resolved[-1:]
        elif segment not in ("", "."):
            resolved.append(segment)
    return resolved


def _json(content: bytes | dict[str, object] | dict[str, str]) -> Response:
    body = content if isinstance(content, bytes) else as_json(content)
    return Response(body, media_type="application/json; charset=utf-8")
