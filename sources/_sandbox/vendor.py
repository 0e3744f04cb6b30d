"""What a vendor's sandbox is, and how those there are get found: there is no registry."""

from __future__ import annotations

import importlib.util
import pkgutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from starlette.routing import BaseRoute

import sources
from sources._sandbox.books import Books
from sources._sandbox.company_world import Saved, World
from sources._sandbox.faults import FaultKind
from sources._sandbox.journal import Journal
from sources._sandbox.setup import Options
from sources._sandbox.wire import Noticed


@dataclass(frozen=True, kw_only=True)
class SandboxVendor:
    """A vendor's other side.

    Attributes:
        routes: its API, below `/<vendor>`.
        controls: what tests may do to it, below `/_sandbox/<vendor>`.
        credentials: the settings that a client needs besides the address, all of them secrets.
        saved: told of every save, in order: at the start of the documents there are, each as it
            is, and after that of what each turn of the clock brought.
        faults: its own kinds of faults.
        noticed: told of every request as it comes in, with its journal entry, before a fault may
            strike it: what a vendor counts, it counts here.
        settings: what else a client must be told of this site to read all of it, as TOML values:
            its time zone, for one.
        books: what tests may do to it in the language of all sandboxes.
    """

    routes: Sequence[BaseRoute]
    controls: Sequence[BaseRoute]
    credentials: Mapping[str, str]
    saved: Callable[[Sequence[Saved]], None]
    faults: Sequence[FaultKind] = ()
    noticed: Noticed | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    books: Books | None = None


Factory = Callable[[World, Journal, Options], SandboxVendor]


def discover() -> dict[str, Factory]:
    """The `sandbox` function of every vendor's module `sandbox`, by vendor."""
    found = {}
    for package in pkgutil.iter_modules(sources.__path__):
        folder = Path(sources.__path__[0]) / package.name
        if package.name.startswith("_"):
            continue
        for file in (folder / "sandbox.py", folder / "sandbox" / "__init__.py"):
            if file.exists():
                found[package.name] = _load(package.name, file)
    return found


def _load(vendor: str, file: Path) -> Factory:
    """Loads a vendor's sandbox without its package, which is the client and takes a second."""
    name = f"sources.{vendor}.sandbox"
    module = sys.modules.get(name)
    if module is None:
        spec = importlib.util.spec_from_file_location(name, file)
        if spec is None or spec.loader is None:
            raise ImportError(f"{file} cannot be loaded")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    factory: Factory = module.sandbox
    return factory
