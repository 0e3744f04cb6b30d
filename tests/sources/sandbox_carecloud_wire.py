"""A client of CareCloud with no opinions, to see what the sandbox really sends."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any
from urllib.parse import urlencode, urlsplit

from sources._sandbox.process import RunningSandbox, running_sandbox
from sources._sandbox.setup import DEFAULT_START
from sources._sandbox.table_books import TableBooks

VENDOR = "carecloud"
PATHS = {
    "customers": "customers",
    "purchases": "purchases",
    "orders": "orders",
    "bookings": "bookings",
    "products": "products",
    "cards": "cards",
    "vouchers": "vouchers",
    "customer_source_records": "customer-source-records",
    "events": "events",
    "stores": "stores",
    "partners": "partners",
    "currencies": "currencies",
    "purchase_types": "purchase-types",
    "purchase_item_types": "purchase-item-types",
    "product_groups": "product-groups",
    "product_brands": "product-brands",
    "customer_sources": "customer-sources",
    "languages": "languages",
    "countries": "countries",
    "statuses": "statuses",
    "segments": "segments",
    "rewards": "rewards",
}
KEYS = {
    "customers": "customer_id",
    "purchases": "purchase_id",
    "orders": "order_id",
    "bookings": "booking_id",
    "products": "product_id",
    "cards": "card_id",
    "vouchers": "voucher_id",
    "customer_source_records": "customer_source_record_id",
    "events": "event_id",
    "stores": "store_id",
    "partners": "partner_id",
    "currencies": "currency_id",
    "purchase_types": "type_id",
    "purchase_item_types": "type_id",
    "product_groups": "product_group_id",
    "product_brands": "product_brand_id",
    "customer_sources": "customer_source_id",
    "languages": "language_id",
    "countries": "country_id",
    "statuses": "status_id",
    "segments": "segment_id",
    "rewards": "reward_id",
}
WHOLE: Mapping[str, Mapping[str, str]] = {
    "purchases": {"purchase_items_extension": "true", "include_property_records": "true"},
    "bookings": {"add_booking_items": "full"},
}
NEWEST = {"sort_field": "last_change", "sort_direction": "DESC"}
Row = dict[str, Any]
Asked = Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def data(self) -> Row:
        assert self.status == 200, self
        data: Row = self.json()["data"]
        return data

    @property
    def error(self) -> Row:
        told: Row = self.json()
        assert set(told) == {"error"}
        error: Row = told["error"]
        assert set(error) == {"type", "exception", "title", "detail", "error_data"}
        return error

    @property
    def invalid(self) -> list[str]:
        """The names of the parameters that an error calls wrong."""
        return [wrong["name"] for wrong in self.error["error_data"]["invalid_params"]]


class Caller:
    """One connection to a project; `headers` are shown on every call."""

    def __init__(
        self, sandbox: RunningSandbox, line: http.client.HTTPConnection, interface: str
    ) -> None:
        self.sandbox = sandbox
        self.credentials = sandbox.credentials(VENDOR)
        self.headers: dict[str, str] = {}
        self.interface = interface
        self._line = line

    @property
    def books(self) -> TableBooks:
        return self.sandbox.tables(VENDOR)

    def ask(
        self, path: str, asked: Asked | None = None, *, method: str = "GET", body: object = None
    ) -> Answer:
        """One request below the interface."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        query = f"?{urlencode(asked, doseq=True)}" if asked else ""
        where = f"/{VENDOR}/webservice/rest-api/{self.interface}-interface/v1.0{path}{query}"
        self._line.request(method, where, content, self.headers)
        response = self._line.getresponse()
        received = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, received, response.read())

    def log_in(self, **changes: object) -> Answer:
        body = {name: value for name, value in {**self.credentials, **changes}.items() if value}
        answer = self.ask("/users/actions/login", method="POST", body=body)
        if answer.status in (200, 201):
            self.headers["Authorization"] = f"Bearer {answer.json()['data']['bearer_token']}"
        return answer

    def take_token(self, **changes: object) -> Answer:
        """Gets a token of the customer interface."""
        application = self.credentials["user_external_application_id"]
        body = {"device": {"x": 1}, "setup": {}, "external_application_id": application, **changes}
        answer = self.ask("/tokens", method="POST", body=body)
        if answer.status == 200:
            self.headers["Authorization"] = f"Bearer {answer.data['token_id']}"
        return answer

    def customer_logs_in(self, token: str, **changes: object) -> Answer:
        login, password = self.credentials["login"], self.credentials["password"]
        body = {"login_type": "email", "login_value": login, "password": password, **changes}
        return self.ask(f"/tokens/{token}/actions/login", method="POST", body=body)

    def rows(self, table: str, asked: Asked | None = None) -> list[Row]:
        """A page of a list, asked for everything that a row can have."""
        answer = self.ask(f"/{PATHS[table]}", {**WHOLE.get(table, {}), **(asked or {})})
        rows: list[Row] = answer.data[table]
        assert isinstance(rows, list)
        return rows

    def everything(self, table: str, asked: Asked | None = None) -> list[Row]:
        """All pages of a list, up to the first that is not full."""
        found: list[Row] = []
        for number in count():
            page = {"count": 100, "offset": 100 * number, **(asked or {})}
            rows = self.rows(table, page)
            found += rows
            if len(rows) < 100:
                return found
        raise AssertionError

    def keys(self, table: str, asked: Asked | None = None) -> list[str]:
        return [row[KEYS[table]] for row in self.rows(table, asked)]

    def control(self, path: str, order: object) -> Row:
        """A control of this vendor's own; it must be obeyed."""
        body = json.dumps(order).encode()
        self._line.request("POST", f"/_sandbox/{VENDOR}{path}", body)
        response = self._line.getresponse()
        content = json.loads(response.read())
        assert response.status == 200, content
        answer: Row = content
        return answer


@contextmanager
def calling(
    sandbox: RunningSandbox, *, interface: str = "enterprise", logged_in: bool = True
) -> Iterator[Caller]:
    """A caller on a connection of its own."""
    at = urlsplit(sandbox.url)
    with closing(http.client.HTTPConnection(str(at.hostname), at.port, timeout=20)) as line:
        caller = Caller(sandbox, line, interface)
        if logged_in and interface == "enterprise":
            assert caller.log_in().status in (200, 201)
        yield caller


@contextmanager
def project(
    *,
    rows: int = 20,
    logged_in: bool = True,
    start_at: datetime = DEFAULT_START,
    **options: object,
) -> Iterator[Caller]:
    """A sandbox, and a caller of its project."""
    interface = str(options.get("interface", "enterprise"))
    with (
        running_sandbox(rows=rows, start_at=start_at, options={VENDOR: options}) as sandbox,
        calling(sandbox, interface=interface, logged_in=logged_in) as caller,
    ):
        yield caller
        assert sandbox.complaints() == ""


def as_basic(user: str, token: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{token}'.encode()).decode()}"
