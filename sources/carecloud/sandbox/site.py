"""The project on the wire: who comes in, at how many at once, and what is answered."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zlib import crc32

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sources._sandbox.company_world import World
from sources._sandbox.faults import STRUCK, Fault, FaultKind
from sources._sandbox.store import Record, Row, Table
from sources._sandbox.store_controls import StoreControls
from sources._sandbox.wire import ENTRY
from sources.carecloud.sandbox.answers import (
    INTERFACE_NOT_ALLOWED,
    NOT_ALLOWED,
    NOT_FOUND,
    UNAUTHORIZED,
    InvalidError,
    as_json,
    bad_request,
    error,
    nothing,
)
from sources.carecloud.sandbox.asked import Asked, Predicate, asked_of
from sources.carecloud.sandbox.clock import ProjectClock
from sources.carecloud.sandbox.club import Club
from sources.carecloud.sandbox.desk import stamp_of
from sources.carecloud.sandbox.door import Door
from sources.carecloud.sandbox.lists import EVERYTHING, Lists
from sources.carecloud.sandbox.phrases import CZECH, language_of
from sources.carecloud.sandbox.play import CUSTOMER, ENTERPRISE, Play
from sources.carecloud.sandbox.resources import EVERYBODY, NOBODY, OWN, Resource, resources
from sources.carecloud.sandbox.tokens import Token, Tokens

EXPIRED_TOKEN = FaultKind("expired_token")
NOT_A_LIST = FaultKind("not_a_list")
SHARE_OF_ROWS = FaultKind("share_of_rows", {"share": 0.1}, times=None, unseen=True)
IGNORES_OFFSET = FaultKind("ignores_offset", times=None)
TOTAL_MISSING = FaultKind("total_missing", times=None)
NO_BODY = FaultKind("no_body", {"status": 503})
FAULTS = (EXPIRED_TOKEN, NOT_A_LIST, SHARE_OF_ROWS, IGNORES_OFFSET, TOTAL_MISSING, NO_BODY)
METHODS = ("GET", "POST", "PUT", "DELETE")
BASE = "/webservice/rest-api/{interface}-interface/{version}/{rest:path}"
VERSION = re.compile(r"v1\.\d+", re.ASCII)


class Site:
    """One project of CareCloud: both interfaces over the club's tables."""

    def __init__(self, world: World, play: Play) -> None:
        self.clock = ProjectClock(world, play.zone)
        self.tokens = Tokens(play, self.clock)
        declared = resources()
        self.club = Club(play, self.clock, declared)
        self.routes = [Route(BASE, self._endpoint, methods=METHODS)]
        self.controls = StoreControls(
            lambda: self.club.store,
            self._whole,
            self._stamped,
            {name: f"/{each.path}" for name, each in declared.items()},
        )
        self.controls.every = play.busy
        self._play = play
        self._by_table = declared
        self._by_path = {each.path: each for each in declared.values()}
        self._lists = Lists(play, lambda: self.club.store)
        self._door = Door(play, self.tokens, lambda: self.club.store)
        self._in_flight = 0
        self._listed = 0
        self._cached: dict[tuple[str, ...], tuple[int, bytes]] = {}

    async def _endpoint(self, request: Request) -> Response:
        """Counts who is inside, keeps them waiting, answers."""
        self._in_flight += 1
        request.scope[ENTRY]["in_flight"] = self._in_flight
        try:
            if self._play.at_once and self._in_flight > self._play.at_once:
                return nothing(429)
            if self._play.latency_ms:
                await asyncio.sleep(self._play.latency_ms / 1000)
            return await self._answer(request)
        except InvalidError as wrong:
            return bad_request(wrong)
        finally:
            self._in_flight -= 1

    async def _answer(self, request: Request) -> Response:
        fault: Fault | None = request.scope.get(STRUCK)
        if fault is not None and fault.kind is NO_BODY:
            return nothing(fault["status"])
        interface, rest = request.path_params["interface"], request.path_params["rest"].strip("/")
        version = request.path_params["version"]
        if interface not in (ENTERPRISE, CUSTOMER) or not VERSION.fullmatch(version):
            return error(404, NOT_FOUND, f"There is no {interface}-interface {version}")
        entered = await self._door.enter(request, interface, rest.split("/"))
        if entered is not None:
            return entered
        authorization = request.headers.get("Authorization", "")
        if fault is not None and fault.kind is EXPIRED_TOKEN:
            self.tokens.forget(authorization)
        token = self.tokens.admit(interface, authorization)
        if token is None:
            return error(401, UNAUTHORIZED, "The token is missing, wrong or over")
        path, _, key = rest.partition("/")
        resource = self._by_path.get(path)
        if resource is None or "/" in key:
            return error(404, NOT_FOUND, "There is no such resource")
        if request.method != "GET":
            return error(405, NOT_ALLOWED, f"{request.method} is not for {path}")
        if (refused := _not_allowed(resource, token, key)) is not None:
            return refused
        if key:
            return self._single(request, resource, token, key)
        return self._list(request, resource, token, fault)

    def _list(
        self, request: Request, resource: Resource, token: Token, fault: Fault | None
    ) -> Response:
        kind = fault.kind if fault is not None else None
        asked = self._asked(request, resource)
        if kind is IGNORES_OFFSET:
            asked = Asked(**{**vars(asked), "offset": 0})
        language = language_of(request.headers.get("Accept-Language", ""))
        which = (str(request.url), language, token.customer_id or "")
        if fault is None and (answer := self._from_cache(which)) is not None:
            return answer
        narrowed, who = self._narrowed(resource, token, fault)
        page = self._lists.page(resource, asked, narrowed, who)
        rows = self._sent(resource, page.records, asked.flags, language)
        shown: object = dict(enumerate(rows)) if kind is NOT_A_LIST else rows
        told = {resource.table: shown, "total_items": page.total}
        if kind is TOTAL_MISSING:
            del told["total_items"]
        if self._play.empty_is_204 and not rows:
            answer = nothing(204)
        else:
            answer = as_json({"data": told})
            if self._play.cached:
                self._cached[which] = (self.clock.now, bytes(answer.body))
        self._stir(resource)
        return answer

    def _stir(self, resource: Resource) -> None:
        self._listed += 1
        if self.controls.every and self._listed % self.controls.every == 0:
            store = self.club.store
            store.stir(store.table(resource.table))

    def _from_cache(self, which: tuple[str, ...]) -> Response | None:
        """The answer that was given to the same question, while it is fresh enough."""
        since, body = self._cached.get(which, (0, b""))
        if not body or since + self._play.cached <= self.clock.now:
            return None
        headers = {"Cache-Control": f"max-age={self._play.cached}"}
        return Response(body, headers=headers, media_type="application/json")

    def _single(self, request: Request, resource: Resource, token: Token, key: str) -> Response:
        record = self.club.store.table(resource.table).get(key)
        narrowed, _who = self._narrowed(resource, token, None)
        if record is None or (narrowed is not None and not narrowed(record.row)):
            return error(404, NOT_FOUND, f"There is no {resource.singular} of that id")
        language = language_of(request.headers.get("Accept-Language", ""))
        flags = self._asked(request, resource).flags
        return as_json({"data": self._sent(resource, [record], flags, language)[0]})

    def _asked(self, request: Request, resource: Resource) -> Asked:
        strict = self._play.refuses_unknown_filters
        return asked_of(resource, request.query_params, is_strict=strict)

    def _sent(
        self,
        resource: Resource,
        records: Sequence[Record],
        flags: Mapping[str, str],
        language: str,
    ) -> list[Row]:
        table = self.club.store.table(resource.table)
        sent, written = self._lists.sent, self.controls.sent
        return [written(table, sent(resource, r.row, flags, language)) for r in records]

    def _narrowed(
        self, resource: Resource, token: Token, fault: Fault | None
    ) -> tuple[Predicate | None, str]:
        """What besides its filters must hold of a list's rows, and what tells that from others."""
        key, share, who = resource.kind.key[0], 10_000.0, token.customer_id
        if fault is not None and fault.kind is SHARE_OF_ROWS:
            share = fault["share"] * 10_000
        is_own = token.interface == CUSTOMER and resource.customer != EVERYBODY
        if not is_own and share == 10_000:
            return None, ""

        def wanted(row: Row) -> bool:
            is_there = crc32(str(row[key]).encode()) % 10_000 < share
            return is_there and (not is_own or row["customer_id"] == who)

        return wanted, f"{who}/{share}" if is_own else f"/{share}"

    def _whole(self, table: Table, row: Row) -> Row:
        """A row as a list that is asked for everything sends it, in the default language."""
        return self._lists.sent(self._by_table[table.kind.name], row, EVERYTHING, CZECH)

    def _stamped(self, table: Table, moment: datetime) -> Any:
        return stamp_of(table.kind.name, self.clock.text_of(moment))


def _not_allowed(resource: Resource, token: Token, key: str) -> Response | None:
    """The refusal of a customer who asks for what is not theirs."""
    if token.interface == ENTERPRISE or resource.customer == EVERYBODY:
        return None
    if resource.customer == NOBODY and not (key and key == token.customer_id):
        detail = f"{resource.path} is not for the customer interface"
        return error(403, INTERFACE_NOT_ALLOWED, detail)
    if resource.customer == OWN and token.customer_id is None:
        return error(401, UNAUTHORIZED, "Nobody has logged in with this token")
    return None
