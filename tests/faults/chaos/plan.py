"""What happens in a seed, as data, made out of the seed alone.

Shares between 0 and 1 choose among what is there when a step is played: a table, a row, a route.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sources
from pipelines import boundaries
from sources._sandbox.faults import GENERAL, FaultKind
from tests.contract.worlds import QUICK, SPEED, own_faults

QUEUE = "cienapps"  # the vendor whose notifications are confirmed
WITH_A_QUEUE = 0.85
TWICE = 0.12  # of the seeds have two accounts of one vendor
LOADING = (
    *(boundaries.LISTED, boundaries.ARCHIVED, boundaries.EXTRACTED, boundaries.MID_LAND),
    *(boundaries.LANDED, boundaries.MID_PROMOTE, boundaries.PROMOTED),
    *(boundaries.MID_CONFIRM, boundaries.CONFIRMED),
)
PUBLISHING = (boundaries.BUILT, boundaries.BEFORE_SYMLINK, boundaries.AFTER_SYMLINK)
KILOBYTE = 1024


@dataclass(frozen=True)
class Line:
    """One connection.

    Attributes:
        name: the connection's.
        vendor: whose.
        site: on which of the seed's sandboxes; two accounts of a vendor are on two.
        settings: as TOML values.
    """

    name: str
    vendor: str
    site: int
    settings: Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """One thing that happens."""

    kind: str
    of: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join([self.kind, *(f"{name}={value}" for name, value in self.of.items())])


@dataclass(frozen=True)
class Plan:
    """What happens in a seed.

    Attributes:
        seed: what all of it is made of.
        rows: about how many orders the company has.
        companies: the seed of each sandbox.
        list_limit: how many notifications a list shows at once; None is all.
        options: of the sandboxes' vendors.
        lines: the connections.
        page_by_page: every page is a window of its own.
        steps: what happens, in order.
    """

    seed: int
    rows: int
    companies: tuple[int, ...]
    list_limit: int | None
    options: Mapping[str, Mapping[str, object]]
    lines: tuple[Line, ...]
    page_by_page: bool
    steps: tuple[Step, ...]

    def told(self) -> str:
        """Itself, a line per step."""
        head = (
            f"seed {self.seed}: {self.rows} orders, companies {self.companies}, list limit "
            f"{self.list_limit}, options {dict(self.options)}, "
            f"{'every page a window' if self.page_by_page else 'large windows'}"
        )
        lines = [
            f"  [{x.name}] {x.vendor} on site {x.site}: {dict(x.settings)}" for x in self.lines
        ]
        return "\n".join([head, *lines, *(f"  {n:2} {s}" for n, s in enumerate(self.steps))])


def plan_of(seed: int) -> Plan:
    """The plan of a seed; the same seed is always the same plan."""
    chance = random.Random(f"chaos {seed}")
    lines = _lines(chance)
    return Plan(
        seed=seed,
        rows=chance.randint(8, 12),
        companies=tuple(chance.randint(1, 9_999) for _ in range(1 + max(x.site for x in lines))),
        list_limit=chance.choice((None, None, 7)),
        options=_options(chance, {line.vendor for line in lines}),
        lines=lines,
        # where every answer is about one account, it would be hundreds of windows
        page_by_page=chance.random() < 0.5 and "crm_com" not in {line.vendor for line in lines},
        steps=tuple(_steps(chance, lines)),
    )


def _lines(chance: random.Random) -> tuple[Line, ...]:
    others = [name for name in sources.names() if name != QUEUE]
    chosen = [QUEUE] if chance.random() < WITH_A_QUEUE else []
    fewest = 0 if chosen else 1
    chosen += chance.sample(others, max(fewest, chance.choice((0, 1, 1, 1, 1, 2))))
    made = [Line(vendor, vendor, 0, _settings(chance, vendor)) for vendor in chosen]
    if chance.random() < TWICE:
        vendor = chance.choice(chosen)
        made = [line for line in made[:2] if line.vendor == vendor] or made[-1:]
        made.append(Line(f"{vendor}_west", vendor, 1, _settings(chance, vendor)))
    return tuple(made)


def _settings(chance: random.Random, vendor: str) -> dict[str, str]:
    """Short waits; small pages, so that small lists have several; all of it due within a day."""
    own = {
        "cienapps": {"confirm_batch_size": str(chance.choice((3, 7, 100)))},
        "carecloud": {"page_size": str(chance.choice((5, 20, 100))), "lists_every_hours": "6.0"},
        "cleo": {"page_size": str(chance.choice((5, 100)))},
        "crm_com": {
            "page_size": str(chance.choice((6, 50))),
            "revisit_days": "0.5",
            "whole_lists_hours": "6.0",
        },
    }
    # a list of a few rows may well lose a large share of them
    return {**QUICK, "sweep_max_vanished": "1.0", **own.get(vendor, {})}


def _options(chance: random.Random, vendors: set[str]) -> dict[str, dict[str, object]]:
    own: dict[str, dict[str, object]] = {
        name: {"speed": SPEED} for name in sources.names() if sources.load(name).budget is not None
    }
    refusals = ("tolerate", "refuse", "refuse_all")
    own[QUEUE] = {"unknown_ids": chance.choice(refusals)} if QUEUE in vendors else {}
    return own


def _steps(chance: random.Random, lines: Sequence[Line]) -> Iterator[Step]:
    """A first load, some rounds of life and trouble, and a whole run or two among them."""
    rounds, is_kept = chance.randint(4, 6), False
    whole = set(chance.sample(range(1, rounds), chance.choice((0, 1, 1, 1, 2))))
    for number in range(rounds):
        if number:
            yield from _life(chance, lines)
        if chance.random() < 0.55:
            yield from _troubles(chance, lines)
        if number > 1 and is_kept and chance.random() < 0.4:
            yield Step("restore")
            is_kept = False
        yield Step("run", _run(chance, "whole" if number in whole else "load"))
        if chance.random() < 0.5:
            yield Step("disarm")
        if number and not is_kept and chance.random() < 0.3:
            yield Step("back_up")
            is_kept = True
    if is_kept and chance.random() < 0.7:
        yield Step("restore")


def _life(chance: random.Random, lines: Sequence[Line]) -> Iterator[Step]:
    """The company goes on."""
    if chance.random() < 0.6:
        yield Step("advance", {"hours": round(chance.uniform(1, 30), 2)})
    for _ in range(chance.randint(1, 4)):
        line = chance.choice(lines)
        what = chance.choice(("change", "change", "make", "delete"))
        yield Step(what, {"line": line.name, "table": _share(chance), "row": _share(chance)})
    for line in lines:
        if line.vendor == QUEUE and chance.random() < 0.25:
            yield Step("spoil", {"line": line.name, "how": chance.choice(("day", "unicode"))})
        if line.vendor == QUEUE and chance.random() < 0.3:
            yield Step("requeue", {"line": line.name, "share": _share(chance)})
    if chance.random() < 0.25:
        yield Step("clock", {"hours": chance.choice((-1, 1))})
    if chance.random() < 0.2:
        yield Step("stir", {"line": chance.choice(lines).name, "every": chance.randint(2, 4)})
    elif chance.random() < 0.5:
        yield Step("calm")


def _troubles(chance: random.Random, lines: Sequence[Line]) -> Iterator[Step]:
    """Several faults at once."""
    for _ in range(chance.randint(2, 4)):
        line = chance.choice(lines)
        general = [kind for kind in GENERAL if line.vendor == QUEUE or kind.name != "repeated_list"]
        own = list(own_faults(line.vendor))
        kind = chance.choice(general if chance.random() < 0.5 or not own else own)
        yield Step("arm", {"line": line.name, **_fault(chance, kind)})


def _fault(chance: random.Random, kind: FaultKind) -> dict[str, Any]:
    said: dict[str, Any] = {"fault": kind.name, "after": chance.choice((0, 0, 1, 3))}
    if not kind.route:
        said["route"] = _share(chance)
    said["times"] = "always" if kind.times is None else chance.randint(1, 3)
    chosen: dict[str, Any] = {
        "share": _share(chance),
        "reset": chance.random() < 0.5,
        "ms": chance.choice((10, 40, 120)),
        "retry_after": chance.choice((None, None, 1)),
        "status": chance.choice((500, 503)),
    }
    return {**said, **{name: chosen[name] for name in kind.params if name in chosen}}


def _run(chance: random.Random, verb: str) -> dict[str, Any]:
    """How a run goes: as it should, or killed, or without room; with a clock of its own, or not."""
    said: dict[str, Any] = {"verb": verb}
    if verb == "load" and chance.random() < 0.12:
        said["verb"] = "sweep"
    ends = chance.random()
    if ends < 0.28:
        said["kill_at"] = chance.choice(LOADING if verb == "load" else (*LOADING[-5:], *PUBLISHING))
    elif ends < 0.48:
        said["kill_after"] = round(chance.uniform(0.05, 2.5 if verb == "load" else 9), 2)
    elif ends < 0.58:
        said["kill_on_request"] = chance.randint(1, 12)
    elif ends < 0.78:
        said["room"] = chance.choice((0, 4, 16, 64, 256)) * KILOBYTE
        said["room_for"] = chance.choice(("work file", "work file", "log"))
    elif ends < 0.84 and verb == "whole":
        said["kill_audit_after"] = round(chance.uniform(0, 3), 2)
    if chance.random() < 0.2:
        said["clock"] = chance.choice((-1, 1))
    return said


def _share(chance: random.Random) -> float:
    return round(chance.random(), 3)
