"""Starting a notebook: the command is real, quiet and local."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import nbformat
import pytest
from typer.testing import CliRunner

import notebooks
from notebooks.launch import (
    environment,
    export_ipynb,
    launch_command,
    notebook_file,
    notebook_names,
)
from pipelines.cli import app
from sources._http.errors import Misconfigured

INSTALLED = Path(notebooks.__file__).parent / "sales_pipeline.py"


def test_an_installed_notebook_runs_from_where_it_is(tmp_path: Path) -> None:
    command = launch_command("sales_pipeline", project=tmp_path, port=4000, headless=True)
    assert command == [
        sys.executable, "-m", "marimo", "run", str(INSTALLED), "--no-sandbox", "--port", "4000",
        "--headless",
    ]  # fmt: skip
    assert not (tmp_path / "notebooks").exists()


def test_editing_works_on_the_projects_own_copy(tmp_path: Path) -> None:
    own = tmp_path / "notebooks" / "sales_pipeline.py"
    command = launch_command("sales_pipeline", project=tmp_path, edit=True)
    assert command[3:5] == ["edit", str(own)]
    assert "--skip-update-check" in command
    assert own.read_text() == INSTALLED.read_text()
    own.write_text(own.read_text() + "# mine\n")
    launch_command("sales_pipeline", project=tmp_path, edit=True)
    assert own.read_text().endswith("# mine\n")
    assert notebook_file("sales_pipeline", tmp_path) == own


def test_an_unknown_notebook_names_those_there_are(tmp_path: Path) -> None:
    assert notebook_names(tmp_path) == ["data_quality", "explore", "sales_pipeline"]
    with pytest.raises(LookupError, match="there are: data_quality, explore, sales_pipeline"):
        launch_command("charts", project=tmp_path)


def test_the_command_serves(warehouse: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = launch_command("sales_pipeline", project=tmp_path, port=port, headless=True)
    process = subprocess.Popen(
        command,
        env=environment(warehouse),
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert answer(f"http://127.0.0.1:{port}/").status_code == 200
    finally:
        process.terminate()
        process.wait(timeout=20)


def answer(url: str, seconds: float = 30) -> httpx.Response:
    until = time.monotonic() + seconds
    while True:
        try:
            return httpx.get(url)
        except httpx.TransportError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def test_the_notebook_for_jupyter_runs_without_marimo_around_it(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = export_ipynb("data_quality", project=tmp_path, warehouse=warehouse)
    assert file == tmp_path / "notebooks" / "data_quality.ipynb"
    written = nbformat.read(file, as_version=4)
    nbformat.validate(written)
    monkeypatch.delenv("PENSTOCK_WAREHOUSE", raising=False)
    monkeypatch.chdir(file.parent)  # as Jupyter starts
    names: dict[str, object] = {}
    try:
        for cell in written.cells:
            if cell.cell_type == "code":
                exec(cell.source, names)
    finally:
        os.environ.pop("PENSTOCK_WAREHOUSE", None)
    assert names["quarantine"].num_rows == 2  # type: ignore[attr-defined]


def test_a_notebook_for_jupyter_is_not_replaced_unasked(tmp_path: Path) -> None:
    (tmp_path / ".dlt").mkdir()
    (tmp_path / "notebooks").mkdir()
    there = tmp_path / "notebooks" / "explore.ipynb"
    there.write_text("mine")
    asked = ["notebook", "explore", "--ipynb", "-C", str(tmp_path)]
    refused = CliRunner().invoke(app, asked)
    assert isinstance(refused.exception, Misconfigured)
    assert "penstock notebook explore --ipynb --force" in str(refused.exception)
    assert there.read_text() == "mine"
    done = CliRunner().invoke(app, [*asked, "--force"])
    assert done.exit_code == 0
    assert str(there) in done.output
    assert "sales.sales_pipeline" in there.read_text()
    unknown = CliRunner().invoke(app, ["notebook", "charts", "--ipynb", "-C", str(tmp_path)])
    assert isinstance(unknown.exception, Misconfigured)


def test_the_environment_names_the_file_and_keeps_the_rest(warehouse: Path) -> None:
    told = environment(warehouse, base={"PATH": "/bin"})
    assert told == {
        "PATH": "/bin",
        "PENSTOCK_WAREHOUSE": str(warehouse),
        "MARIMO_SKIP_UPDATE_CHECK": "1",
    }
