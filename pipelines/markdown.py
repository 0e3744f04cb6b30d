"""Markdown for the pages that are generated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def without_tags(text: str) -> str:
    """A "<" as text; what stands in backticks is text already."""
    return re.sub(r"`[^`\n]*`|<", lambda found: "&lt;" if found[0] == "<" else found[0], text)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")
