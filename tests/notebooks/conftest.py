from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import notebooks

from .published import publish

Executed = tuple[str, Mapping[str, Any]]
Execute = Callable[..., Executed]


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("published"))


@pytest.fixture(scope="session")
def empty_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("nothing"), empty=True)


@pytest.fixture(scope="session")
def execute() -> Execute:
    """Runs a notebook against a file; keyword arguments take the place of what was chosen."""

    def run(name: str, warehouse: Path, **chosen: object) -> Executed:
        file = Path(notebooks.__file__).parent / f"{name}.py"
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PENSTOCK_WAREHOUSE", str(warehouse))
            outputs, definitions = module.app.run(defs=chosen or None)
        shown = "".join(getattr(output, "text", "") for output in outputs)
        return shown, definitions

    return run
