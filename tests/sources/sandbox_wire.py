"""A client with no opinions, to see what the sandbox really sends."""

from __future__ import annotations

import http.client
import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sources._sandbox.process import RunningSandbox

ENTITIES = ("order", "quotation", "workorder")
KEYS = {"order": "Order_Number", "quotation": "Quotation_Number", "workorder": "WorkOrder_Number"}
Row = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    sandbox: RunningSandbox,
    path: str,
    *,
    method: str = "GET",
    body: object = None,
    key: str | None = "",
    seconds: float = 10,
) -> Answer:
    """One request to Cienapps on its own connection; `key` "" is the right one, None is none."""
    token = sandbox.credentials("cienapps")["api_token"] if key == "" else key
    at = urlsplit(sandbox.base_url("cienapps"))
    content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    headers = {} if token is None else {"ApiToken": token}
    with closing(http.client.HTTPConnection(str(at.hostname), at.port, timeout=seconds)) as line:
        line.request(method, at.path + path, content, headers)
        response = line.getresponse()
        received = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, received, response.read())


def listed(sandbox: RunningSandbox, entity: str) -> list[Row]:
    answer = ask(sandbox, f"/api/sync/{entity}/list")
    assert answer.status == 200, answer
    rows: list[Row] = answer.json()
    return rows


def everything(sandbox: RunningSandbox) -> dict[int, Row]:
    """What all three lists show, by SyncID."""
    rows = [row for entity in ENTITIES for row in listed(sandbox, entity)]
    by_number = {row["SyncID"]: row for row in rows}
    assert len(by_number) == len(rows), "a SyncID is listed twice"
    return by_number


def confirm(sandbox: RunningSandbox, sync_ids: Sequence[int], **how: Any) -> Answer:
    body = {"SyncID": list(sync_ids)}
    return ask(sandbox, "/api/sync/confirm", method="POST", body=body, **how)
