"""The sales manager's page: one file, no script, no request, readable on a phone and on paper.

It shows the same figures as the notebook (`notebooks.figures`, `notebooks.charts`), drawn as inline
SVG when the file is published. Drawing costs a second and a half of imports, so they happen inside
`write_page`: a run that publishes nothing does not pay them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_page(warehouse: Path, status: Mapping[str, Any], out: Path) -> None:
    """Writes the page about a published file, replacing the old one by rename.

    Args:
        warehouse: the published file or its symlink; opened read-only.
        status: what `warehouse.status.json` says of it; `as_of` is needed, the rest may be missing.
        out: where the page goes; missing folders are made.

    Raises:
        FileNotFoundError: there is no such warehouse.
        KeyError: the status has no `as_of`.
    """
    from notebooks.published import as_shown, opened, parse_status
    from pipelines.report.page import render

    known = parse_status(status)
    with opened(warehouse) as con:
        known = as_shown(known, con)
        page = render(con, known, audit_page=_relative(warehouse.parent / "audit.html", out.parent))
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(out.name + ".part")
    unfinished.write_text(page, encoding="utf-8")
    unfinished.replace(out)


def _relative(target: Path, folder: Path) -> str:
    return Path(os.path.relpath(target, folder)).as_posix()
