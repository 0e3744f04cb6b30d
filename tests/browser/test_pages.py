"""The pages that a run writes, as a browser without a network shows them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sources._sandbox.company import HOSTILE_NAME
from tests.house import House

from .watched import DESK, PHONE, assert_clean, watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

PAGES = {"report": "site/index.html", "audit": "audit.html"}


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_stands_alone(
    browser: Browser, house: House, screenshots: Path, name: str, size: tuple[int, int]
) -> None:
    address = (house.data / PAGES[name]).as_uri()
    with watched(browser, size, allowed=address) as seen:
        seen.page.goto(address)
        seen.shoot(screenshots / f"{name}-{size[0]}.png")
        assert_clean(seen, allowed=address)
        assert seen.too_wide() == []
        assert seen.width() <= size[0]
        if name == "report":
            assert HOSTILE_NAME in seen.text()  # shown, as the text it is


def test_the_pages_lead_to_each_other(browser: Browser, house: House) -> None:
    with watched(browser, DESK, allowed="file://") as seen:
        seen.page.goto((house.data / PAGES["report"]).as_uri())
        seen.page.locator("a[href*='audit']").first.click()
        assert seen.page.url == (house.data / PAGES["audit"]).as_uri()
        assert_clean(seen, allowed="file://")


def test_the_report_in_the_dark_keeps_its_words(
    browser: Browser, house: House, screenshots: Path
) -> None:
    address = (house.data / PAGES["report"]).as_uri()
    with watched(browser, DESK, allowed=address) as seen:
        seen.page.goto(address)
        light = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        seen.page.emulate_media(color_scheme="dark")
        dark = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        seen.shoot(screenshots / "report-dark.png")
        assert light != dark
        assert_clean(seen, allowed=address)
