"""No setting, path or casing makes the client ask for what it must never ask for."""

from __future__ import annotations

import asyncio
import contextlib
import unicodedata
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources._http.answer import utc_now
from sources._http.errors import Misconfigured
from sources._http.redact import Redactor
from sources._vendor import Means
from sources.cimcloud.check import check
from sources.cimcloud.guard import forbidden, is_secret_field
from sources.cimcloud.login import open_client
from sources.cimcloud.search import Unspeakable, exact, list_path
from sources.cimcloud.settings import CimcloudSettings
from tests.sources.http_loopback import Reply, Request, Server, json_reply

NAMES = ("OnlineOrders", "orderpassthrough")
NOISE = ["", "", "", "-", "_", ".", " ", "\u200b", "\u00ad", "\ufeff", "\x00", "'"]


def full_width(char: str) -> str:
    return chr(ord(char) + 0xFEE0)


@st.composite
def disguises(draw: st.DrawFn) -> str:
    """The name of something that must never be called, as a server might still recognise it."""
    out = []
    for char in draw(st.sampled_from(NAMES)):
        spelled = draw(st.sampled_from([char, char.lower(), char.upper(), full_width(char)]))
        if draw(st.integers(0, 5)) == 0:
            spelled = "%u" + f"{ord(char):04x}"
        for _ in range(draw(st.integers(0, 3))):
            spelled = "".join(f"%{byte:02x}" for byte in spelled.encode()) if spelled else ""
        out.append(spelled + draw(st.sampled_from(NOISE)))
    name = "".join(out) + draw(st.sampled_from(["", ".", ";v=1", ".json", "%20", "/", "/1"]))
    before = draw(st.sampled_from(["", "/", "acme/", "https://api.example/acme/", "a%2F", "x/../"]))
    return before + name


@given(disguises())
def test_every_disguise_is_seen_through(path: str) -> None:
    assert forbidden(path) is not None


@pytest.mark.parametrize(
    "path",
    [
        "credit_cards",
        "CreditCards/1",
        "acme/payment-cards/1",
        "card_tokens",
        "customer_card_number",
        "cards",
        "cc_vault",
        "a%FFb",
        "a%25FFb",
    ],
)
def test_cards_and_riddles_are_forbidden(path: str) -> None:
    assert forbidden(path) is not None


@pytest.mark.parametrize(
    "path",
    [
        "orders/1",
        "acme/orders",
        "online/orders/1",
        "online_invoice_payments/1",
        "order_detail",
        "gift_cards/1",
        "products/searchexact~nm~Credit%20Card%20Reader/1",
        "products/searchexact~nm~pos/credit cards/1",
        "products/searchexact~sku~5%25FF/1",
        "https://onlineorders.example/acme/orders/1",
        "healthcheck/canary",
        "authenticate",
    ],
)
def test_what_may_be_asked_for(path: str) -> None:
    assert forbidden(path) is None


@given(st.text(max_size=30))
def test_no_text_upsets_the_guard(path: str) -> None:
    forbidden(path)
    is_secret_field(path)


@pytest.mark.parametrize(
    ("field", "is_secret"),
    [
        ("pw", True),
        ("c_pw", True),
        ("userPassword", True),
        ("PWD", True),
        ("card_number", True),
        ("CCNum", True),
        ("cvv2", True),
        ("exp_month", True),
        ("o_key", False),
        ("GiftCard_DepositAmt", False),
        ("passenger", False),
        ("shipping_total", False),
        ("spin", False),
    ],
)
def test_fields_that_must_never_land(field: str, is_secret: bool) -> None:
    assert is_secret_field(field) is is_secret


def folded(target: str) -> str:
    """A request's target without encoding, case and everything that is no letter or digit."""
    while (plain := unquote(target)) != target:
        target = plain
    return "".join(c for c in unicodedata.normalize("NFKC", target).casefold() if c.isalnum())


SPELLINGS = [
    "OnlineOrders",
    "onlineorders",
    "ONLINEORDERS",
    "online_orders",
    "Online-Orders",
    "OnlineOrders/1",
    "orders/../OnlineOrders",
    "orders/OnlineOrders",
    "On%6CineOrders",
    "On%256CineOrders",
    "ＯｎｌｉｎｅＯｒｄｅｒｓ",
    "Online\u200bOrders",
    " OnlineOrders ",
    "OnlineOrders;x=1",
    "OnlineOrders.json",
    "OnlineOrders%20",
    "\\OnlineOrders",
    "orders%2F..%2FOnlineOrders",
    "orderpassthrough",
    "OrderPassThrough",
]


def settings_of(base_url: str, **said: Any) -> CimcloudSettings:
    """Settings as they are after dlt has resolved them, whatever they hold."""
    settings = CimcloudSettings()
    plain = {"base_url": base_url, "site": "acme", "auth_key": "k1k1k1"}
    plain |= {"auth_user_name": "u1u1u1", "auth_password": "p1p1p1", "attempts": "1"}
    for name, value in (plain | said).items():
        setattr(settings, name, int(value) if name == "attempts" else value)
    return settings


def obliging(request: Request) -> Reply:
    """A vendor who answers everything."""
    if request.method == "POST":
        return json_reply({"token": "t0k3n-t0k3n"})
    return json_reply({"status": "Running"}) if "health" in request.target else json_reply([])


async def try_all(server: Server, settings: CimcloudSettings, path: str) -> None:
    """Everything that a connection of these settings can be made to ask, one after another."""
    with contextlib.suppress(Misconfigured):
        settings.on_resolved()
    means = Means(connection="cimcloud", redactor=Redactor(), clock=utc_now)
    with contextlib.suppress(Misconfigured, ValueError):
        async with open_client(settings, means) as client:
            for asked in (path, f"/{path}", f"orders/{path}", f"{path}/1", quote(path, safe="")):
                with contextlib.suppress(Misconfigured, ValueError):
                    await client.get(asked)
                with contextlib.suppress(Misconfigured, ValueError):
                    await client.post(asked, json={})
            with contextlib.suppress(Unspeakable, Misconfigured):
                await client.get(list_path(path, page=1))
            with contextlib.suppress(Unspeakable, Misconfigured):
                await client.get(list_path("orders", exact("nm", path), 1))
            with contextlib.suppress(Misconfigured):
                async for _ in check(client, settings):
                    pass


def test_no_setting_path_or_casing_reaches_the_wire() -> None:
    async def go() -> list[str]:
        async with Server(obliging) as server:
            for spelling in SPELLINGS:
                by_setting: list[dict[str, Any]] = [
                    {"resources": {"orders": {"path": spelling}}},
                    {"resources": {"mine": {"path": spelling}}},
                    {"site": spelling},
                    {"site": f"acme/{spelling}"},
                    {"operator_since": spelling},
                ]
                for said in by_setting:
                    await try_all(server, settings_of(server.url, **said), "orders")
                based = settings_of(f"{server.url}/{quote(spelling)}")
                await try_all(server, based, "orders")
                await try_all(server, settings_of(server.url), spelling)
            return [request.target for request in server.requests]

    targets = asyncio.run(go())
    assert len(targets) > 100
    assert [t for t in targets if "onlineorders" in folded(t) or "passthrough" in folded(t)] == []


def test_a_setting_that_names_it_is_refused_when_it_is_read() -> None:
    for said in ({"resources": {"orders": {"path": "OnlineOrders"}}}, {"site": "online-orders"}):
        with pytest.raises(Misconfigured, match="OnlineOrders"):
            settings_of("https://api.example", **said).on_resolved()
    with pytest.raises(Misconfigured, match="base_url"):
        settings_of("https://api.example/OnlineOrders").on_resolved()
