"""The published contract, `docs/model.md`, and the parts of it that some vendors' files hold."""

from __future__ import annotations

import re
from pathlib import Path

from pipelines.model_page import FILE, build_empty, page
from tests.once import Once
from tests.pipelines.model_world import World

CONTRACT = Path(__file__).parents[2] / FILE
# the audit writes it into the finished file
_LATER = "### ops.audit_results"


def empty_world(once: Once) -> World:
    """The warehouse of all vendors before anything was loaded; built once for all tests."""
    return once("empty_world", _built)


def _built(folder: Path) -> World:
    target, report = build_empty(folder)
    return World(folder, folder / "raw.duckdb", target, report)


def pinned(*vendors: str) -> dict[str, str]:
    """What the contract says of the tables of these vendors and of those over all, by heading."""
    said = _parts(CONTRACT.read_text(encoding="utf-8"))
    kept = {*vendors, "sales", "ops", "history"}
    return {heading: text for heading, text in said.items() if _schema(heading) in kept}


def listing(built: World) -> dict[str, str]:
    """The same of what was built."""
    return _parts(page(built.warehouse))


def _schema(heading: str) -> str:
    """Whose it is: `## history`, `### sales.orders`, `### history of a_vendor`."""
    found = re.fullmatch(r"##+ (?:history of )?(\w+)(?:[.]\w+)?", heading)
    assert found, heading
    return found[1]


def _parts(text: str) -> dict[str, str]:
    """The parts of the page that each stand for themselves: what a table is, what history is."""
    parts = re.split(r"^(?=##)", text, flags=re.MULTILINE)
    by_heading = {part.partition("\n")[0]: part for part in parts}
    return {
        heading: part.strip()
        for heading, part in by_heading.items()
        if heading.startswith("### ") or heading == "## history"
        if heading != _LATER
    }
