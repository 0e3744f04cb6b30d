"""The import rules that hold for vendors nobody has listed: a contract for import-linter."""

from __future__ import annotations

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, output

KERNEL = ("sources._http", "sources._reading", "sources._tables", "sources._vendor")
OUTSIDE = ("pipelines", "notebooks", "dlt", "httpx", "duckdb")
SANDBOX = "sources._sandbox"


class VendorsContract(Contract):
    """Vendors are apart, pipelines name none, and a sandbox knows nothing of the client.

    Vendors are found as `sources` finds them: every public subpackage.
    """

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Looks at every import once."""
        vendors = {m for m in graph.find_children("sources") if m.split(".")[-1][0] != "_"}
        broken = [
            f"{importer} imports {imported}: {why}"
            for importer in sorted(graph.modules)
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if (why := _why_not(importer, imported, vendors))
        ]
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line an import."""
        for line in check.metadata["broken"]:
            output.print_error(line)


def _inside(module: str, packages: set[str] | tuple[str, ...]) -> str | None:
    return next((p for p in packages if module == p or module.startswith(p + ".")), None)


def _why_not(importer: str, imported: str, vendors: set[str]) -> str | None:
    own, other = _inside(importer, vendors), _inside(imported, vendors)
    if other and own != other:
        return "vendors never import each other" if own else "only `sources.load` finds a vendor"
    in_sandbox = own and _inside(importer, (f"{own}.sandbox",))
    if in_sandbox or _inside(importer, (SANDBOX,)):
        if _inside(imported, (*KERNEL, *OUTSIDE)):
            return "a sandbox knows nothing of the client"
        if own and other and not _inside(imported, (f"{own}.sandbox",)):
            return "a sandbox knows nothing of its vendor's client"
    elif own and _inside(imported, (SANDBOX, f"{own}.sandbox")):
        return "a client knows nothing of the sandbox"
    return None
