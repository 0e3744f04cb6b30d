"""The site on the wire: who comes in, what is asked for, how it is answered."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

from sources._sandbox.company_world import World
from sources._sandbox.faults import STRUCK, Fault, FaultKind
from sources._sandbox.journal import Entry
from sources._sandbox.setup import SetupError
from sources._sandbox.store import Record
from sources.crm_com.sandbox.clock import SiteClock
from sources.crm_com.sandbox.envelope import PATH, Envelopes, RefusedError
from sources.crm_com.sandbox.finding import Finding
from sources.crm_com.sandbox.methods import METHODS, SHOW, Method
from sources.crm_com.sandbox.pages import Pages
from sources.crm_com.sandbox.params import Asked, of_body, of_query
from sources.crm_com.sandbox.play import Play
from sources.crm_com.sandbox.registers import children_of
from sources.crm_com.sandbox.service import Service
from sources.crm_com.sandbox.tokens import Tokens

BASE = "crmapi/rest/v2/"
MOST = 50
IN_FLIGHT = "penstock.crm_com.in_flight"
ERROR_200 = FaultKind(
    "error_200", {"code": f"{PATH}INTERNALEXCEPTION", "message": "Something went wrong"}
)
EXPIRED_TOKEN = FaultKind("expired_token")
INVALID_SESSION = FaultKind("invalid_session")
NOT_A_LIST = FaultKind("not_a_list")
FAULTS = (ERROR_200, EXPIRED_TOKEN, INVALID_SESSION, NOT_A_LIST)
_TOKEN = re.compile(r"(^|&)token=[^&]*")


class Site:
    """One organisation's CRM.COM."""

    def __init__(self, world: World, play: Play) -> None:
        self.play = play
        self.clock = SiteClock(world, play.zone)
        self.tokens = Tokens(play, self.clock)
        self.service = Service(play, self.clock)
        self.pages = Pages(children_of(play), is_extended=play.extra_fields)
        self.busy = play.busy
        self.routes = [Route("/{path:path}", self._endpoint, methods=["GET", "POST"])]
        if unknown := play.ignores_paging - set(METHODS):
            raise SetupError(f"crm_com.ignores_paging: no {sorted(unknown)} in {sorted(METHODS)}")
        self.finding = Finding(play, self.clock, lambda: self.service.registers)
        self._envelopes = Envelopes()
        self._here: list[Entry] = []
        self._listed = 0

    def noticed(self, scope: Scope, entry: Entry) -> None:
        """Notes how many requests are under way, this one included; a token is never noted."""
        entry["query"] = _TOKEN.sub(r"\1token=REDACTED", entry["query"])
        self._here = [other for other in self._here if "seconds" not in other]
        self._here.append(entry)
        entry["in_flight"] = scope[IN_FLIGHT] = len(self._here)

    async def _endpoint(self, request: Request) -> Response:
        if self.play.at_once and request.scope[IN_FLIGHT] > self.play.at_once:
            return Response(status_code=429)
        if self.play.latency:
            await asyncio.sleep(self.play.latency)
        path = request.path_params["path"]
        try:
            return _json(await self._answer(request, _name(path)))
        except RefusedError as refused:
            return _json(self._envelopes.refusal(refused), refused.status)

    async def _answer(self, request: Request, name: str) -> bytes:
        is_post = request.method == "POST"
        if name == "authentication/web_api_key/token" and is_post:
            key = request.headers.get("Authorization", "")
            return self._token(self.tokens.log_in_by_key(key))
        asked = (
            of_body(await request.body())
            if is_post
            else of_query(request.url.query, literal_equals=self.play.literal_equals)
        )
        if name == "authentication/token" and is_post:
            return self._token(self.tokens.log_in(dict(asked.values)))
        token = asked.text("token")
        if name == "authentication/token/release" and is_post:
            self.tokens.release(token)
            return self._envelopes.of(b"{}")
        fault: Fault | None = request.scope.get(STRUCK)
        self._strike(fault, token)
        self.tokens.admit(token)
        method = METHODS.get(name)
        if method is None or method.verb != request.method:
            raise RefusedError("METHODNOTFOUNDEXCEPTION", f"There is no {request.method} {name}")
        self.finding.check(method, asked)
        return self._envelopes.of(self._data(name, method, asked, fault))

    def _strike(self, fault: Fault | None, token: str) -> None:
        """Refuses a call that a fault is for."""
        if fault is None:
            return
        if fault.kind is ERROR_200:
            code = str(fault["code"])
            refused = RefusedError("", str(fault["message"]))
            refused.code = code
            raise refused
        if fault.kind is EXPIRED_TOKEN:
            self.tokens.expire(token)
        elif fault.kind is INVALID_SESSION:
            self.tokens.expire(token)
            raise RefusedError("SESSION.INVALIDEXCEPTION", "The session is invalid", 403)

    def _token(self, token: str) -> bytes:
        return self._envelopes.of(json.dumps({"token": token}).encode())

    def _data(self, name: str, method: Method, asked: Asked, fault: Fault | None) -> bytes:
        if fault is not None and fault.kind is NOT_A_LIST:
            return b'"Please try again later"'
        if method.shape == SHOW:
            return self.pages.row(method.table, self.finding.one(method, asked), asked.fields())
        records = self._page(name, self.finding.several(method, asked), asked)
        answer = self._told(method, records, asked)
        self._listed += 1
        if self.busy and self._listed % self.busy == 0:
            registers = self.service.registers
            registers.stir(registers[method.table])
        return answer

    def _page(self, name: str, records: list[Record], asked: Asked) -> list[Record]:
        """Fifty rows at most, from an offset; some methods do not page."""
        count, offset = asked.number("number_of_results", MOST), asked.number("offset", 0)
        if name in self.play.ignores_paging:
            return records
        if count > MOST and self.play.refuses_over_fifty:
            raise RefusedError("INVALIDPARAMETEREXCEPTION", "number_of_results is at most 50")
        return records[offset : offset + min(count, MOST)]

    def _told(self, method: Method, records: list[Record], asked: Asked) -> bytes:
        fields = asked.fields()
        if method.oldest_first and self.play.grouped:
            return self._grouped(records, fields)
        rows = b",".join(self.pages.row(method.table, record, fields) for record in records)
        array = b"[" + rows + b"]"
        wrapped = b'{"' + method.table.encode() + b'":' + array + b"}"
        return wrapped if self.play.data_is_object else array

    def _grouped(self, records: list[Record], fields: tuple[str, ...]) -> bytes:
        """Requests by subscription, both oldest first [P]."""
        groups: dict[str, list[bytes]] = {}
        for record in records:
            owner: dict[str, Any] = record.row["subscription"]
            row = self.pages.row("provisioning_requests", record, fields)
            groups.setdefault(owner["number"], []).append(row)
        parts = [
            b'{"subscription_number":'
            + json.dumps(number).encode()
            + b',"account_number":null,"pending_provisioning_requests_set":['
            + b",".join(rows)
            + b"]}"
            for number, rows in groups.items()
        ]
        return b'{"subscriptions_set":[' + b",".join(parts) + b"]}"


def _name(path: str) -> str:
    """The method that a path names.

    Raises:
        RefusedError: it is not below the API.
    """
    if not path.startswith(BASE):
        raise RefusedError("NOTFOUNDEXCEPTION", f"There is no {path}")
    return path.removeprefix(BASE)


def _json(content: bytes, status: int = 200) -> Response:
    return Response(content, status, media_type="application/json; charset=utf-8")
