"""What the other tests rely on: a page with something wrong is seen to be wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .watched import PHONE, Watched, assert_clean, watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

OUTSIDE = "https://cdn.example/chart.js"
FAULTS = {
    "asked": f'<img src="{OUTSIDE}">',
    "failed": '<img src="missing.png">',
    "errors": "<script>console.error('broken')</script>",
    "thrown": "<script>throw new Error('broken')</script>",
    "dialogs": "<img src='data:,' onerror='alert(1)'>",
}
WIDE = '<div style="width: 800px">wide</div>'


def shown(browser: Browser, folder: Path, body: str) -> Watched:
    """What was seen of a page on a phone; the page is closed."""
    file = folder / "page.html"
    file.write_text(f'<!DOCTYPE html><link rel="icon" href="data:,"><body>{body}</body>')
    with watched(browser, PHONE, allowed=folder.as_uri()) as seen:
        seen.page.goto(file.as_uri())
        seen.page.wait_for_timeout(250)
        seen.wide = seen.too_wide()
    return seen


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_seen(browser: Browser, tmp_path: Path, fault: str) -> None:
    seen = shown(browser, tmp_path, FAULTS[fault])
    with pytest.raises(AssertionError):
        assert_clean(seen, allowed=tmp_path.as_uri())
    if fault == "asked":
        assert OUTSIDE in seen.asked
    else:
        assert getattr(seen, "errors" if fault == "thrown" else fault)


def test_a_page_without_a_fault_is_clean(browser: Browser, tmp_path: Path) -> None:
    seen = shown(browser, tmp_path, f'<div style="overflow-x: auto">{WIDE}</div>')
    assert_clean(seen, allowed=tmp_path.as_uri())
    assert seen.wide == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(WIDE, id="on the page"),
        pytest.param(f'<section style="overflow: hidden">{WIDE}</section>', id="cut off"),
        pytest.param(
            f"<div id=host></div><script>host.attachShadow({{mode: 'open'}}).innerHTML = `{WIDE}`"
            "</script>",
            id="in an element's own tree",
        ),
    ],
)
def test_what_is_wider_than_the_screen_is_seen(browser: Browser, tmp_path: Path, body: str) -> None:
    assert 'style="width: 800px"' in "".join(shown(browser, tmp_path, body).wide)
