"""A client of CRM.COM with no opinions, to see what the sandbox really sends."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from sources._sandbox.process import RunningSandbox, running_sandbox
from sources._sandbox.table_books import TableBooks

VENDOR = "crm_com"
BASE = f"/{VENDOR}/crmapi/rest/v2/"
MOST = 50
TABLES = (
    "contacts",
    "accounts",
    "jobs",
    "purchases",
    "invoices",
    "credit_notes",
    "leads",
    "activities",
    "subscriptions",
    "products",
    "provisioning_requests",
)
PURCHASES = "customer_events/purchases/list"
PENDING = "provisioning/generic_provisioning_requests/get_pending"
DRAFT, COMPLETED, OVERDUE = (
    f"jobs/all_scopes/get_{state}" for state in ("draft", "completed", "overdue")
)
PORTAL = "name=SERVICE PORTAL"
ACTIVITIES = tuple(
    f"activities/get_{state}" for state in ("pending", "completed", "cancelled", "overdue")
)
Row = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        code: str = self.json()["status"]["code"]
        return code

    @property
    def said(self) -> str:
        said: str = self.json()["status"]["description"]
        return said

    @property
    def data(self) -> Any:
        assert (self.status, self.code) == (200, "OK"), self
        return self.json()["data"]


class Caller:
    """One connection to a site; `token` is what it shows on every call."""

    def __init__(self, sandbox: RunningSandbox, line: http.client.HTTPConnection) -> None:
        self.sandbox = sandbox
        self.credentials = sandbox.credentials(VENDOR)
        self.token = ""
        self._line = line

    @property
    def books(self) -> TableBooks:
        return self.sandbox.tables(VENDOR)

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request; `path` is sent as it is."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        self._line.request(method, path, content, headers or {})
        response = self._line.getresponse()
        received = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, received, response.read())

    def get(self, name: str, **parameters: object) -> Answer:
        """A GET with its token; identifiers are `field=value` with a literal second `=`."""
        asked = {"token": self.token, **parameters}
        pairs = [f"{quote(name)}={quote(str(value), safe='=')}" for name, value in asked.items()]
        return self.ask(f"{BASE}{name}?{'&'.join(pairs)}")

    def post(self, name: str, **parameters: object) -> Answer:
        return self.ask(BASE + name, method="POST", body={"token": self.token, **parameters})

    def log_in(self, **changes: object) -> Answer:
        if "web_api_key" in self.credentials:
            pair = base64.b64encode(f"{self.credentials['web_api_key']}:".encode()).decode()
            where = f"{BASE}authentication/web_api_key/token"
            answer = self.ask(where, method="POST", headers={"Authorization": f"Basic {pair}"})
        else:
            body = {**self.credentials, **changes}
            answer = self.ask(f"{BASE}authentication/token", method="POST", body=body)
        if answer.code == "OK":
            self.token = answer.data["token"]
        return answer

    def everything(self, name: str, **parameters: object) -> list[Row]:
        """All rows of a list, page by page."""
        rows: list[Row] = []
        for page in count():
            asked = {**parameters, "number_of_results": MOST, "offset": page * MOST}
            found = (self.post if name == PURCHASES else self.get)(name, **asked).data
            rows += found
            if len(found) < MOST:
                break
        return rows

    def purchases(self, **parameters: object) -> list[Row]:
        """All purchases of both classifications."""
        return [
            row
            for kind in ("SPARE PARTS", "SERVICE CALL")
            for row in self.everything(
                PURCHASES, classification_identifier={"name": kind}, **parameters
            )
        ]

    def control(self, method: str, path: str, order: object = None) -> Any:
        answer = self.ask(f"/_sandbox/{VENDOR}{path}", method=method, body=order)
        assert answer.status == 200, answer
        return answer.json()

    def journal(self) -> list[Row]:
        return [entry for entry in self.sandbox.log() if entry["vendor"] == VENDOR]


def query(**parameters: object) -> str:
    return urlencode(parameters)


@contextmanager
def calling(sandbox: RunningSandbox, *, logged_in: bool = True) -> Iterator[Caller]:
    """A caller on a connection of its own."""
    at = urlsplit(sandbox.url)
    with closing(http.client.HTTPConnection(str(at.hostname), at.port, timeout=10)) as line:
        caller = Caller(sandbox, line)
        if logged_in:
            assert caller.log_in().code == "OK"
        yield caller


@contextmanager
def site(*, rows: int = 20, logged_in: bool = True, **options: object) -> Iterator[Caller]:
    """A sandbox, and a caller of its site."""
    with (
        running_sandbox(rows=rows, options={VENDOR: options}) as sandbox,
        calling(sandbox, logged_in=logged_in) as caller,
    ):
        yield caller
        assert sandbox.complaints() == ""
