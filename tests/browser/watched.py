"""A page in Chromium that notes what a reader would not see: requests, errors, scripts that ran."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
DESK, PHONE = (1280, 900), (390, 844)
# no name resolves: what a page asks of the outside fails, and is noted
OFFLINE = ("--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
NO_REQUEST = ("data:", "blob:")

# what an ancestor lets scroll does not make the screen wider; marimo's elements have
# trees of their own
_TOO_WIDE = """() => {
  const all = root => [...root.querySelectorAll('*')].flatMap(
    element => [element, ...(element.shadowRoot ? all(element.shadowRoot) : [])]);
  const above = element => element.parentElement || element.getRootNode().host;
  const reaches = element => element.getBoundingClientRect().right > innerWidth + 1;
  const isHeld = element => {
    for (let held = element; held && held !== document.body; held = above(held)) {
      if (getComputedStyle(held).position === 'fixed') return true;
      const outer = above(held);
      if (outer && !reaches(outer) && /auto|scroll/.test(getComputedStyle(outer).overflowX)
          && outer !== document.body && outer.id !== 'App') return true;
    }
    return false;
  };
  return all(document.body)
    .filter(element => element.getClientRects().length && reaches(element) && !isHeld(element))
    .map(element => element.outerHTML.slice(0, 120));
}"""
_HEIGHT = "() => Math.max(...[...document.querySelectorAll('*')].map(e => e.scrollHeight))"


def browser_file() -> Path:
    """Where Chromium is.

    Raises:
        FileNotFoundError: nowhere.
    """
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    raise FileNotFoundError("no Chromium here. Next: make browser")


@dataclass
class Watched:
    """A page, and everything about it that should not be."""

    page: Page
    asked: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    wide: list[str] = field(default_factory=list)

    def too_wide(self) -> list[str]:
        """What reaches beyond the screen and cannot be scrolled into it."""
        found: list[str] = self.page.evaluate(_TOO_WIDE)
        return found

    def width(self) -> int:
        """How wide the page is, in CSS pixels."""
        found: int = self.page.evaluate("() => document.documentElement.scrollWidth")
        return found

    def text(self) -> str:
        """The words that the page shows, but for those in marimo's own elements."""
        shown: str = self.page.locator("body").inner_text()
        return shown

    def shoot(self, file: Path) -> None:
        """A picture of the whole page, also of what scrolls inside it."""
        size = self.page.viewport_size
        assert size is not None
        for _ in range(2):  # what was not in sight may be taller than it seemed
            height = min(self.page.evaluate(_HEIGHT) + 40, 9000)
            self.page.set_viewport_size({"width": size["width"], "height": height})
            self.page.wait_for_timeout(150)
        self.page.screenshot(path=str(file))
        self.page.set_viewport_size(size)


@contextmanager
def watched(browser: Browser, size: tuple[int, int], *, allowed: str) -> Iterator[Watched]:
    """A fresh page of that size; only addresses that begin with `allowed` can be asked for."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    seen = Watched(page)
    page.on("request", lambda request: seen.asked.append(request.url))
    page.on("requestfailed", lambda request: seen.failed.append(request.url))
    page.on("response", lambda got: seen.failed.append(got.url) if got.status >= 400 else None)
    page.on("console", lambda said: seen.errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))

    def dismiss(dialog: object) -> None:
        seen.dialogs.append(str(dialog))
        dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", dismiss)
    context.route(
        lambda url: not url.startswith((allowed, *NO_REQUEST)), lambda route: route.abort()
    )
    try:
        yield seen
    finally:
        context.close()


def assert_clean(seen: Watched, *, allowed: str) -> None:
    """Nothing was asked of the outside, nothing failed, no script of a vendor's text ran."""
    assert seen.asked
    assert [url for url in seen.asked if not url.startswith((allowed, *NO_REQUEST))] == []
    assert seen.failed == []
    assert seen.errors == []
    assert seen.dialogs == []
