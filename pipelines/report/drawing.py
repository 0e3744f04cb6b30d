"""From an Altair chart to SVG that can stand inside a page."""

from __future__ import annotations

import re

import altair as alt
from markupsafe import Markup

from notebooks.look import COLOURS, Drawing

# the same things on a dark screen: lighter, and as far apart as before
DARK = {
    "paper": "#171e27",
    "ink": "#e8edf3",
    "muted": "#9dabba",
    "line": "#2c3744",
    "open": "#4fa8e0",
    "won": "#2fc598",
    "lost": "#f28b4b",
    "unmapped": "#8b95a1",
    "ended": "#b6c1cc",
    "growing": "#2f7fb5",
    "partial": "#44515f",
}

_IDENTITY = re.compile(r'(<clipPath id="|clip-path="url\(#)')
_SIZE = re.compile(r'(<svg\b[^>]*?) width="([\d.]+)" height="[\d.]+"')


def inline_svg(chart: Drawing, name: str) -> Markup:
    """The drawing, scaling down with its column, never up.

    Vega escapes the text it draws; nothing outside is fetched, whatever the data says.

    Args:
        chart: a finished chart.
        name: unique within the page: the drawing's inner ids begin with it.
    """
    import vl_convert

    svg = vl_convert.vegalite_to_svg(
        chart.to_json(),
        vl_version=".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2]),
        allowed_base_urls=[],
    )
    svg = _IDENTITY.sub(rf"\g<1>{name}-", svg)
    svg = _SIZE.sub(r'\1 style="max-width:\2px"', svg, count=1)
    return Markup(svg)  # noqa: S704 -- a whole SVG document, escaped where it was made


def recolouring() -> str:
    """CSS that gives every colour of a drawing the page's variable of the same meaning."""
    return "\n".join(
        f'.chart [{attribute}="{colour}"] {{ {attribute}: var(--{name}) }}'
        for name, colour in COLOURS.items()
        for attribute in ("fill", "stroke")
    )


def palette(colours: dict[str, str]) -> str:
    """The page's variables for one kind of screen."""
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())
