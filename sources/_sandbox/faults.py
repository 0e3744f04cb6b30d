"""What can be made to go wrong, where, how often; `wire` and the vendors make it happen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

STRUCK = "penstock.fault"  # where a request carries the fault that its vendor is to play


@dataclass(frozen=True)
class FaultKind:
    """A way to go wrong.

    Attributes:
        params: what can be said about it, with defaults.
        route: the part of a path where it strikes unless told otherwise; empty is everywhere.
        times: how often it strikes unless told otherwise; None is until it is cleared.
        alone: whether it takes the place of the true answer; otherwise it adds to it.
        unseen: no client can tell from the answer that anything is wrong, so that a later run or a
            sweep has to put it right.
    """

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)
    route: str = ""
    times: int | None = 1
    alone: bool = True
    unseen: bool = False


UNAUTHORIZED = FaultKind("unauthorized")
TOO_MANY = FaultKind("too_many", {"retry_after": None})
SERVER_ERROR = FaultKind("server_error", {"status": 500})
TIMEOUT = FaultKind("timeout", {"seconds": None})
CUT = FaultKind("cut", {"share": 0.5, "reset": False})
DROP = FaultKind("drop", {"reset": False})
TRUNCATED_JSON = FaultKind("truncated_json", {"share": 0.5})
HTML = FaultKind("html")
REPEATED_LIST = FaultKind("repeated_list", route="/list")
SLOW = FaultKind("slow", {"ms": 200}, times=None, alone=False)
GENERAL = (
    UNAUTHORIZED,
    TOO_MANY,
    SERVER_ERROR,
    TIMEOUT,
    CUT,
    DROP,
    TRUNCATED_JSON,
    HTML,
    REPEATED_LIST,
    SLOW,
)


@dataclass(eq=False)
class Fault:
    """An armed fault; `passed` and `struck` count the matching requests it let by and hit."""

    number: int
    vendor: str
    kind: FaultKind
    route: str
    times: int | None
    after: int
    params: Mapping[str, Any]
    passed: int = 0
    struck: int = 0

    def __getitem__(self, param: str) -> Any:
        return self.params[param]

    def meets(self, vendor: str, path: str) -> bool:
        """Whether it strikes this request, were it alone; counts the ones it lets pass."""
        spent = self.times is not None and self.struck >= self.times
        if spent or vendor != self.vendor or self.route not in path:
            return False
        if self.passed < self.after:
            self.passed += 1
            return False
        return True

    def told(self) -> dict[str, Any]:
        """Itself, for the control plane."""
        return {
            "number": self.number,
            "vendor": self.vendor,
            "kind": self.kind.name,
            "route": self.route,
            "times": self.times,
            "after": self.after,
            "params": dict(self.params),
            "passed": self.passed,
            "struck": self.struck,
        }


class Faults:
    """The faults that are armed."""

    def __init__(self) -> None:
        self._kinds: dict[str, dict[str, FaultKind]] = {}
        self._armed: list[Fault] = []

    def declare(self, vendor: str, kinds: Sequence[FaultKind]) -> None:
        """Makes a vendor known, with its own kinds besides the general ones."""
        self._kinds[vendor] = {kind.name: kind for kind in (*GENERAL, *kinds)}

    def arm(self, order: Mapping[str, Any]) -> Fault:
        """Arms a fault: `vendor`, `kind`, and if wanted `route`, `times`, `after`, its params.

        Raises:
            ValueError: no such vendor, kind or param.
        """
        asked = dict(order)
        kinds = self._kinds.get(vendor := asked.pop("vendor", ""))
        if kinds is None:
            raise ValueError(f"no vendor {vendor!r}; there are {sorted(self._kinds)}")
        kind = kinds.get(name := asked.pop("kind", ""))
        if kind is None:
            raise ValueError(f"{vendor} has no fault {name!r}; it has {sorted(kinds)}")
        route = asked.pop("route", None)
        times = asked.pop("times", kind.times)
        after = asked.pop("after", 0)
        if unknown := set(asked) - set(kind.params):
            raise ValueError(f"{kind.name} takes {sorted(kind.params)}, not {sorted(unknown)}")
        fault = Fault(
            number=len(self._armed) + 1,
            vendor=vendor,
            kind=kind,
            route=kind.route if route is None else route,
            times=times,
            after=after,
            params={**kind.params, **asked},
        )
        self._armed.append(fault)
        return fault

    def strike(self, vendor: str, path: str) -> list[Fault]:
        """The faults that strike a request: at most one in place of the answer, any others added.

        Of two that want the same request the one armed first has it; the other waits.
        """
        meeting = [fault for fault in self._armed if fault.meets(vendor, path)]
        alone = [fault for fault in meeting if fault.kind.alone][:1]
        striking = [fault for fault in meeting if not fault.kind.alone] + alone
        for fault in striking:
            fault.struck += 1
        return striking

    def told(self) -> list[dict[str, Any]]:
        """Every fault armed since the last clearing, for the control plane."""
        return [fault.told() for fault in self._armed]

    def clear(self) -> None:
        """Disarms them all."""
        self._armed.clear()


def struck(request: Request) -> str | None:
    """The name of the vendor's own fault that strikes this request, if one does."""
    fault: Fault | None = request.scope.get(STRUCK)
    return fault.kind.name if fault else None
