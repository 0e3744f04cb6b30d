"""How vendors are found: every public subpackage here is a vendor. There is no registry."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sources._vendor import Vendor


def names() -> tuple[str, ...]:
    """The vendors there are, without importing them."""
    return tuple(
        sorted(m.name for m in pkgutil.iter_modules(__path__) if m.ispkg and m.name[0] != "_")
    )


def load(name: str) -> Vendor:
    """The vendor of that name.

    Raises:
        KeyError: there is none.
    """
    if name not in names():
        raise KeyError(name)
    vendor: Vendor = importlib.import_module(f"{__name__}.{name}").VENDOR
    return vendor
