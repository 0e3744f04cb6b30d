"""The notebooks' app view, served on loopback, in a browser without any other network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sources._sandbox.company import HOSTILE_NAME

from .watched import DESK, PHONE, assert_clean, watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

# what a notebook shows last: with it, all of it is there
LAST = {
    "sales_pipeline": "Oldest open quotations",
    "data_quality": "Latest runs",
    "explore": "Open orders more than a week late",
}
SECONDS = 60_000


@pytest.mark.parametrize("name", LAST)
def test_a_notebook_shows_all_of_itself(
    browser: Browser, served: dict[str, str], screenshots: Path, name: str
) -> None:
    with watched(browser, DESK, allowed=served[name]) as seen:
        seen.page.goto(served[name])
        seen.page.get_by_role("heading", name=LAST[name]).wait_for(timeout=SECONDS)
        seen.page.locator("marimo-table >> text=/rows?, /").last.wait_for(timeout=SECONDS)
        # one page for both sizes: a second visit costs a second kernel
        for size in (DESK, PHONE):
            seen.page.set_viewport_size({"width": size[0], "height": size[1]})
            seen.page.wait_for_timeout(250)
            assert seen.too_wide() == []
            assert seen.width() <= size[0]
            seen.shoot(screenshots / f"{name}-{size[0]}.png")
        assert seen.page.locator("[data-mime-type*='error'], .marimo-error").count() == 0
        if name == "sales_pipeline":
            assert seen.page.get_by_text(HOSTILE_NAME).count() > 0
            assert seen.page.locator(".pk-narrow svg").first.is_visible()
        assert_clean(seen, allowed=served[name])
