"""A client of CIMcloud with no opinions, to see what the sandbox really sends."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import quote, urlsplit

from sources._sandbox.process import RunningSandbox, running_sandbox
from sources._sandbox.table_books import TableBooks

VENDOR = "cimcloud"
UNLIMITED = {"calls_per_second": 1_000_000, "calls_per_quarter_hour": 1_000_000}
PAGE = 50
PATHS = {
    "accounts": "accounts",
    "customers": "customers",
    "addresses": "shipping_addresses",
    "products": "products",
    "inventory_levels": "inventory",
    "product_prices": "product_pricing",
    "orders": "orders",
    "order_lines": "order_detail",
    "invoice_payments": "online_invoice_payments",
    "order_history": "order_history",
    "order_history_lines": "order_history_detail",
    "shipments": "shipments",
    "invoices": "invoice_history",
    "invoice_lines": "invoice_history_detail",
    "payments": "payments",
    "credits": "credits",
}
KEYS = {
    "accounts": ("a_id",),
    "customers": ("c_id",),
    "addresses": ("sa_id",),
    "products": ("sku",),
    "inventory_levels": ("sku", "warehouse"),
    "product_prices": ("sku", "price_level"),
    "orders": ("c_ordnum",),
    "order_lines": ("od_id",),
    "invoice_payments": ("oip_id",),
    "order_history": ("oh_id",),
    "order_history_lines": ("ohd_id",),
    "shipments": ("sh_id",),
    "invoices": ("ih_id",),
    "invoice_lines": ("ihd_id",),
    "payments": ("pay_id",),
    "credits": ("cr_id",),
}
Row = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Caller:
    """One connection to a site; `authorization` is what it shows on every call."""

    def __init__(self, sandbox: RunningSandbox, line: http.client.HTTPConnection) -> None:
        self.sandbox = sandbox
        self.credentials = sandbox.credentials(VENDOR)
        self.authorization = ""
        self._line = line

    @property
    def books(self) -> TableBooks:
        return self.sandbox.tables(VENDOR)

    def ask(
        self, path: str, *, method: str = "GET", body: object = None, site: str | None = None
    ) -> Answer:
        """One request below the site; `path` is sent as it is."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = {"Authorization": self.authorization} if self.authorization else {}
        where = f"/{VENDOR}/{site or self.credentials['site']}{path}"
        self._line.request(method, where, content, headers)
        response = self._line.getresponse()
        received = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, received, response.read())

    def log_in(self, **changes: str) -> Answer:
        asked = {
            "AuthKey": self.credentials["auth_key"],
            "AuthUserName": self.credentials["auth_user_name"],
            "AuthPassword": self.credentials["auth_password"],
        }
        answer = self.ask("/authenticate", method="POST", body={**asked, **changes})
        if answer.status == 200:
            self.authorization = f"Bearer {answer.json()['token']}"
        return answer

    def page(self, path: str, searchstring: str = "", page: int | None = None) -> list[Row]:
        """A page of a list, which must be one."""
        parts = [path, *([quote(searchstring, safe="")] if searchstring else [])]
        answer = self.ask("/" + "/".join([*parts, *([] if page is None else [str(page)])]))
        assert answer.status == 200, answer
        rows = answer.json()
        assert isinstance(rows, list)
        return rows

    def pages(self, path: str, searchstring: str = "") -> Iterator[list[Row]]:
        """The pages of a list, up to the first that is not full."""
        for number in count(1):
            rows = self.page(path, searchstring, number)
            yield rows
            if len(rows) < PAGE:
                return

    def everything(self, path: str, searchstring: str = "") -> list[Row]:
        return [row for rows in self.pages(path, searchstring) for row in rows]


@contextmanager
def calling(sandbox: RunningSandbox, *, logged_in: bool = True) -> Iterator[Caller]:
    """A caller on a connection of its own."""
    at = urlsplit(sandbox.url)
    with closing(http.client.HTTPConnection(str(at.hostname), at.port, timeout=10)) as line:
        caller = Caller(sandbox, line)
        if logged_in:
            assert caller.log_in().status == 200
        yield caller


@contextmanager
def site(*, rows: int = 20, logged_in: bool = True, **options: object) -> Iterator[Caller]:
    """A sandbox, and a caller of its site; without a budget unless `options` name one."""
    own: Mapping[str, object] = {**UNLIMITED, **options}
    with (
        running_sandbox(rows=rows, options={VENDOR: own}) as sandbox,
        calling(sandbox, logged_in=logged_in) as caller,
    ):
        yield caller
        assert sandbox.complaints() == ""


def key_of(table: str, row: Row) -> str:
    return "\x1f".join(str(row[name]) for name in KEYS[table])
