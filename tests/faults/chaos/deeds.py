"""What people, time and bad luck do between two runs of a seed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sources._sandbox.process import RunningSandbox, SandboxFailedError
from tests.contract.worlds import own_faults
from tests.faults.chaos.plan import QUEUE, Line, Step
from tests.faults.chaos.project import Project, copy_file, put_back, wal
from tests.faults.chaos.queue import BAD_DAY, BAD_TEXT, Watch
from tests.faults.chaos.tally import Tally


class Deeds:
    """Plays every step but runs."""

    def __init__(self, project: Project, folder: Path, tally: Tally) -> None:
        self._project = project
        self._folder = folder
        self._tally = tally
        self._lines = {line.name: line for line in project.lines}
        self._watches = {x.name: Watch(project, x) for x in project.lines if x.vendor == QUEUE}
        self._unseen: set[str] = set()
        self._stirred: set[str] = set()
        self._deeds: dict[str, Callable[..., None]] = {
            "advance": self._advance,
            "change": self._change,
            "make": self._make,
            "delete": self._delete,
            "spoil": self._spoil,
            "requeue": self._requeue,
            "clock": self._clock,
            "stir": self._stir,
            "calm": self._calm,
            "arm": self._arm,
            "disarm": self._disarm,
            "back_up": self._back_up,
            "restore": self._restore,
        }

    def do(self, step: Step) -> None:
        """Plays one step."""
        self._deeds[step.kind](**step.of)

    def _site(self, line: Line) -> RunningSandbox:
        return self._project.sites[line.site]

    def _advance(self, hours: float) -> None:
        for site in self._project.sites:
            site.advance(hours=hours)

    def _table(self, line: Line, share: float) -> str:
        names = [table.name for table in self._project.tables(line)]
        return names[int(share * len(names))]

    def _change(self, line: str, table: float, row: float) -> None:
        own = self._lines[line]
        for again in range(5):
            try:
                self._site(own).books(own.vendor).change(self._table(own, (table + again / 5) % 1))
            except SandboxFailedError:
                continue  # a row that was spoilt has no fields to change
            return

    def _make(self, line: str, table: float, row: float) -> None:
        own = self._lines[line]
        self._site(own).books(own.vendor).make(self._table(own, table))

    def _delete(self, line: str, table: float, row: float) -> None:
        own = self._lines[line]
        books, name = self._site(own).books(own.vendor), self._table(own, table)
        keys = books.keys()[name] if books.about().can_delete else []
        if keys:
            books.delete(name, [keys[int(row * len(keys))]])
            self._tally.add("deletes")

    def _spoil(self, line: str, how: str) -> None:
        site = self._site(self._lines[line])
        if how == "day":
            site.save(QUEUE, "order", row={"Order_DateDue": BAD_DAY})
        else:
            site.save(QUEUE, "quotation", raw=BAD_TEXT)
        self._tally.add("spoilt rows")

    def _requeue(self, line: str, share: float) -> None:
        site = self._site(self._lines[line])
        told = [e["sync_id"] for e in site.truth(QUEUE)["history"] if e["sync_id"] > 10]
        back = site.requeue(QUEUE, sorted(set(told))[: max(1, int(share * 4))])
        self._tally.add("requeued", len(back))

    def _clock(self, hours: float) -> None:
        self._project.ahead += hours
        self._tally.add(f"clock jump: {hours:+.0f} h")

    def _stir(self, line: str, every: int) -> None:
        own = self._lines[line]
        books = self._site(own).books(own.vendor)
        if books.about().can_stir:
            books.stir(every)
            self._stirred.add(line)
            self._tally.add("stirred lists")

    def _calm(self) -> None:
        for name in self._stirred:
            own = self._lines[name]
            self._site(own).books(own.vendor).stir(0)
        self._stirred.clear()

    def _arm(self, line: str, fault: str, route: float | None = None, **order: Any) -> None:
        own = self._lines[line]
        if route is not None:
            routes = sorted(set(self._site(own).books(own.vendor).about().routes.values()))
            order["route"] = routes[int(route * len(routes))]
        self._site(own).fault(fault, vendor=own.vendor, **order)

    def _disarm(self) -> None:
        self._count_faults()
        for site in self._project.sites:
            site.clear_faults()

    def _count_faults(self) -> None:
        unseen = {
            (line.vendor, kind.name)
            for line in self._project.lines
            for kind in own_faults(line.vendor)
            if kind.unseen
        } | {(line.vendor, "repeated_list") for line in self._project.lines}
        for site in self._project.sites:
            for armed in site.faults():
                self._tally.add(f"fault: {armed['kind']}", armed["struck"])
                if armed["struck"] and (armed["vendor"], armed["kind"]) in unseen:
                    self._unseen.add(armed["vendor"])

    def _back_up(self) -> None:
        if self._project.raw.exists():
            self._tally.add("back-up" + ": with a log" * wal(self._project.raw).exists())
            copy_file(self._project.raw, self._folder / "kept")

    def _restore(self) -> None:
        if not (self._folder / "kept").exists():
            return
        put_back(self._folder / "kept", self._project.raw)
        self._tally.add("restore")
        for watch in self._watches.values():
            watch.restored()
