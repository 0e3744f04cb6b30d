"""How a notebook is started: the command and its environment, for `penstock notebook`.

The notebooks that come with Penstock are installed files; one that is to be edited is copied into
the project directory first, which is where a user's own things live.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from notebooks.published import VARIABLE

_INSTALLED = Path(__file__).parent
_PREAMBLE = """Written by `penstock notebook {name} --ipynb`. It runs in a kernel that has Penstock:
`pip install ipykernel` into Penstock's environment, and choose that environment in Jupyter.
---
import os

os.environ.setdefault({variable!r}, {warehouse!r})
"""


def notebook_file(name: str, project: Path) -> Path:
    """The notebook of that name: the project's own, else the one that comes with Penstock.

    Raises:
        LookupError: there is none; the message names those there are.
    """
    for folder in (project / "notebooks", _INSTALLED):
        file = folder / f"{name}.py"
        if _is_notebook(file):
            return file
    raise LookupError(f"no notebook {name!r}; there are: {', '.join(notebook_names(project))}")


def notebook_names(project: Path) -> list[str]:
    """Every notebook that can be started from this project directory."""
    folders = (project / "notebooks", _INSTALLED)
    return sorted({f.stem for folder in folders for f in folder.glob("*.py") if _is_notebook(f)})


def launch_command(
    name: str, *, project: Path, edit: bool = False, port: int | None = None, headless: bool = False
) -> list[str]:
    """The command that serves a notebook on this machine's loopback.

    Args:
        name: a notebook's name, without folder and ending.
        project: the project directory.
        edit: open it for changes; an installed notebook is copied into the project first.
        port: where to listen; marimo finds a free one if not said.
        headless: do not open a browser.

    Raises:
        LookupError: there is no such notebook.
    """
    file = _own_copy(name, project) if edit else notebook_file(name, project)
    command = [sys.executable, "-m", "marimo", "edit" if edit else "run", str(file), "--no-sandbox"]
    if edit:
        command.append("--skip-update-check")
    if port is not None:
        command += ["--port", str(port)]
    if headless:
        command.append("--headless")
    return command


def environment(warehouse: Path, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What the notebook's process is told: which file to read, and to ask nobody for updates."""
    return {**base, VARIABLE: str(warehouse.absolute()), "MARIMO_SKIP_UPDATE_CHECK": "1"}


def export_ipynb(name: str, *, project: Path, warehouse: Path, replace: bool = False) -> Path:
    """Writes a notebook for Jupyter into the project, as marimo exports it.

    Jupyter starts in the notebook's own folder, so a first cell says where the published file is.

    Args:
        name: a notebook's name, without folder and ending.
        project: the project directory.
        warehouse: the published file.
        replace: write over one that is there.

    Returns:
        The file that was written.

    Raises:
        LookupError: there is no such notebook.
        FileExistsError: the file is there, and was not to be replaced.
        RuntimeError: marimo could not export it; the message is its own.
    """
    import nbformat

    file = notebook_file(name, project)
    out = project / "notebooks" / f"{name}.ipynb"
    if out.exists() and not replace:
        raise FileExistsError(f"{out} is there already, and may hold work of yours")
    command = [sys.executable, "-m", "marimo", "export", "ipynb", str(file), "--no-sandbox"]
    done = subprocess.run(  # noqa: S603 -- our own command
        command, env=environment(warehouse), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"marimo could not export {file}: {done.stderr.strip()}")
    exported = nbformat.reads(done.stdout, as_version=4)
    preamble = _PREAMBLE.format(name=name, variable=VARIABLE, warehouse=str(warehouse.absolute()))
    heading, code = preamble.split("---\n")
    first = [nbformat.v4.new_markdown_cell(heading), nbformat.v4.new_code_cell(code)]
    exported.cells = [*first, *exported.cells]
    out.parent.mkdir(parents=True, exist_ok=True)
    half = out.with_suffix(".part")
    nbformat.write(exported, str(half))
    return half.replace(out)


def _own_copy(name: str, project: Path) -> Path:
    file = notebook_file(name, project)
    own = project / "notebooks" / file.name
    if not own.exists():
        own.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, own)
    return own


def _is_notebook(file: Path) -> bool:
    return file.is_file() and "\napp = marimo.App(" in file.read_text(encoding="utf-8")
