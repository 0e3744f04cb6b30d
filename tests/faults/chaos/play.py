"""A seed lived through: its steps with real processes, then quiet, then what must hold."""

from __future__ import annotations

import shutil
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil

import sources
from sources._sandbox.process import RunningSandbox, running_sandbox
from tests.contract.worlds import latest
from tests.faults.chaos import promises
from tests.faults.chaos.deeds import Deeds
from tests.faults.chaos.plan import Line, Plan, Step, plan_of
from tests.faults.chaos.project import Project, Trouble
from tests.faults.chaos.reader import Read, reading
from tests.faults.chaos.tally import Tally
from tests.house import Ended

VERBS = {
    "load": ("run", "--max-minutes", "0", "--no-publish"),
    "whole": ("run", "--max-minutes", "0"),
}
ALL_DUE_HOURS = 25.0
MOST_QUIET_RUNS = 5
DISK = "File too large"  # what the system says where a file may not grow


@dataclass
class Played:
    """What became of a seed.

    Attributes:
        wrong: what was not as promised, with the step after which it showed.
        tally: what happened.
        outputs: what every run printed.
        seconds: how long it took.
        is_over: something worse is wrong than what a run says: going on would tell no more.
    """

    wrong: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    outputs: list[str] = field(default_factory=list)
    seconds: float = 0.0
    is_over: bool = False

    def close(self, seen: Read) -> None:
        """Adds what the reader saw; a seed in which nothing struck proved nothing."""
        self.wrong += [f"reader: {line}" for line in seen.wrong]
        self.tally.add("reader opens", seen.opens)
        self.tally.add("files read", len(seen.runs))
        if self.tally.proves_nothing and not self.wrong:
            self.wrong.append("nothing struck: this seed proved nothing")


def play(plan: Plan, folder: Path, tell: Callable[[str], None] = lambda _: None) -> Played:
    """Plays a seed in a folder of its own.

    Args:
        plan: what happens.
        folder: an empty one; what is left in it is for whoever looks at a failure.
        tell: told of each step as it happens.
    """
    played, began = Played(), time.monotonic()
    with ExitStack() as stack:
        sites = [
            stack.enter_context(
                running_sandbox(
                    seed=company,
                    rows=plan.rows,
                    list_limit=plan.list_limit,
                    options=plan.options,
                )
            )
            for company in plan.companies
        ]
        project = Project(
            folder / "project",
            sites[0],
            sites=sites,
            lines=plan.lines,
            page_by_page=plan.page_by_page,
        )
        seen = stack.enter_context(reading(project.published, folder / "reader.json"))
        player = Player(project, folder, played, tell)
        for number, step in enumerate(plan.steps):
            tell(f"{number:2} {step}")
            player.at = f"step {number} ({step})"
            player.step(step)
            if played.is_over:
                break
        else:
            player.at = "in the end"
            player.quiet()
        _end(project, played, seen, stack, sites)
    played.seconds = time.monotonic() - began
    return played


def play_apart(seed: int, folder: Path) -> Played:
    """A seed in a folder of its own, which stays where it failed."""
    own = folder / f"seed-{seed}"
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    try:
        played = play(plan_of(seed), own)
    except Exception:  # noqa: BLE001 - told as this seed's failure; the others go on
        played = Played(wrong=[traceback.format_exc()])
    if not played.wrong:
        shutil.rmtree(own)
    return replace(played, outputs=[])


def _end(
    project: Project,
    played: Played,
    seen: Read,
    stack: ExitStack,
    sites: list[RunningSandbox],
) -> None:
    """Waits for the reader and for what killed runs left behind; a sandbox must not complain."""
    orphans = project.orphans()
    psutil.wait_procs(orphans, timeout=0.1)
    said = [site.complaints() for site in sites]
    stack.close()
    for orphan in orphans:
        if orphan.is_running():
            orphan.kill()
    played.wrong += [f"a sandbox complains: {text[:500]}" for text in said if text]
    played.close(seen)


class Player(Deeds):
    """Plays steps, and looks after every run whether the promises held."""

    def __init__(
        self, project: Project, folder: Path, played: Played, tell: Callable[[str], None]
    ) -> None:
        super().__init__(project, folder, played.tally)
        self.at = ""
        self._is_quiet = False
        self._played = played
        self._tell = tell

    def step(self, step: Step) -> None:
        """Plays one step."""
        if step.kind == "run":
            self._run(**step.of)
        else:
            self.do(step)

    def _run(
        self,
        verb: str,
        clock: float = 0.0,
        room: int | None = None,
        room_for: str = "",
        **befalls: Any,
    ) -> None:
        most = None if room is None else self._most_bytes(room, room_for)
        trouble = Trouble(most_bytes=most, **befalls)
        if clock:
            self._tally.add(f"clock jump: {clock:+.0f} h for a run")
        if verb == "sweep":
            swept = [x for x in self._project.lines if sources.load(x.vendor).whole is not None]
            for line in swept:
                self._go("sweep", line.name, *VERBS["load"][1:], trouble=trouble, clock=clock)
            if swept:
                return
            verb = "load"
        self._go(*VERBS[verb], trouble=trouble, clock=clock)

    def _most_bytes(self, room: int, room_for: str) -> int:
        raw = self._project.raw
        size = raw.stat().st_size if room_for == "work file" and raw.exists() else 32 * 1024
        return size + room

    def _go(self, *arguments: str, trouble: Trouble, clock: float = 0.0) -> Ended:
        """One run, and what must hold after it."""
        for watch in self._watches.values():
            watch.before()
        armed = sum(len(site.faults()) for site in self._project.sites)
        errors = promises.errors_told(self._project)
        ended = self._project.go(*arguments, trouble=trouble, clock=clock)
        self._tell(f"   ended with {ended.code}")
        self._played.outputs.append(ended.output)
        self._count_run(arguments, ended, trouble)
        disturbed = ended.was_killed or trouble.most_bytes is not None
        allowed = {0}
        if armed or trouble.most_bytes is not None:
            allowed |= {1}
        if trouble.most_bytes is not None or trouble.kill_audit_after is not None:
            allowed |= {3}  # what could not be judged does not pass
        self._hold(promises.told_well(ended, allowed), is_grave=self._is_quiet)
        self._hold(promises.private(self._project))
        if trouble.most_bytes is None:
            self._hold(promises.foreseen(self._project, errors))
        for watch in self._watches.values():
            self._hold(watch.after(ended, is_disturbed=disturbed))
        return ended

    def _count_run(self, arguments: tuple[str, ...], ended: Ended, trouble: Trouble) -> None:
        is_whole = "--no-publish" not in arguments
        kind = "whole" if is_whole else "sweep" if arguments[0] == "sweep" else "load"
        self._tally.add(f"run: {kind}")
        self._tally.add(f"exit code: {ended.code}")
        if ended.was_killed:
            random = "on a request" if trouble.kill_on_request else "at random"
            self._tally.add(f"kill: {trouble.kill_at or random}{' (whole run)' * is_whole}")
        if is_whole and ended.code == 0 and "published" in ended.output:
            self._tally.add("publishes")
        if ended.code == 3 and trouble.kill_audit_after is not None:
            self._tally.add("audit killed")
        if trouble.most_bytes is not None and (ended.code or DISK in ended.output):
            self._tally.add("full disk")

    def _hold(self, wrong: Iterator[str], *, is_grave: bool = True) -> None:
        found = [f"{self.at}: {line}" for line in wrong]
        self._played.wrong += found
        self._played.is_over |= bool(found) and is_grave

    def quiet(self) -> None:
        """Takes all trouble away, runs until nothing new comes, and looks whether all is there."""
        self._disarm()
        self._calm()
        self._is_quiet = True
        project, none = self._project, Trouble()
        project.page_by_page = False
        project.write_settings()
        before, runs = None, 0
        while (now := self._state()) != before:
            if runs == MOST_QUIET_RUNS:
                self._played.wrong.append(f"after {runs} quiet runs something new still comes")
                return
            before = now
            project.ahead += ALL_DUE_HOURS
            self._go(*VERBS["load"], trouble=none)
            runs += 1
            if self._played.is_over:
                return
        for line in promises.needs_no_queue(project.lines):
            if self._must_be_whole_unswept(line):
                self._hold(promises.nobody_missing(project, line))
            if sources.load(line.vendor).whole is not None:
                # one that was begun long ago ends as of then
                for _ in range(1 + promises.is_sweeping(project, line)):
                    self._go("sweep", line.name, *VERBS["load"][1:], trouble=none)
            if self._played.is_over:
                return
        self._go(*VERBS["whole"], trouble=none)
        if not self._played.is_over:
            self._look()

    def _must_be_whole_unswept(self, line: Line) -> bool:
        """Whether the readings alone promise that nobody is missing."""
        books = self._site(line).books(line.vendor)
        return books.about().order_promised and line.vendor not in self._unseen

    def _state(self) -> list[tuple[object, ...]]:
        """What came so far, in numbers."""
        raw = self._project.raw
        there = "select 1 from duckdb_tables() where table_name = 'windows'"
        if not raw.exists() or not self._project.ask_raw(there):
            return [("nothing",)]
        return self._project.ask_raw(
            "select count(*), sum(rows_new), sum(rows_changed), sum(rows_quarantined) "
            "from ops.windows where rows_new + rows_changed + rows_quarantined > 0"
        )

    def _look(self) -> None:
        project = self._project
        for watch in self._watches.values():
            self._hold(watch.end())
        others = promises.needs_no_queue(project.lines)
        if others:
            calm = Project(
                self._folder / "undisturbed", project.sites[0], sites=project.sites, lines=others
            )
            calm.ahead = project.ahead
            ended = calm.go(*VERBS["load"])
            self._hold(promises.told_well(ended, {0}))
            for line in others:
                self._hold(promises.equal(project, line, latest(calm.of(line))))
                self._hold(promises.quarantine_is(project, line, promises.bad_rows(calm, line)))
        self._hold(promises.traced(project))
        for line in project.lines:
            self._hold(promises.counted(project, line))
        self._hold(promises.published(project, project.lines))
        self._hold(promises.secret(project, project.lines, self._played.outputs))
