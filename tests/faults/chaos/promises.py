"""What must hold after every run, and once all is quiet; worked out from the sandboxes' books."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

import sources
from tests.contract.worlds import Hashes, difference, doubled, latest, leaks, missing, versions
from tests.faults.chaos.plan import QUEUE, Line
from tests.faults.chaos.project import Project, Seen, mode_of
from tests.faults.chaos.queue import frames
from tests.faults.table_truth import assert_equal_to_books
from tests.house import Ended, ask

DOCUMENTED = {0, 1, 3, 75}
BY_VALUE = {"cimcloud"}  # whose rows are read a second time with Python, value by value


def told_well(ended: Ended, allowed: set[int]) -> Iterator[str]:
    """Exit codes and messages are the documented ones."""
    if "Traceback (most recent call last)" in ended.output:
        yield f"a traceback is printed: {ended.output[-1500:]}"
    if ended.was_killed:
        return
    if ended.code not in allowed:
        yield f"exit code {ended.code}, where {sorted(allowed)} may be: {ended.output[-1500:]}"
    if ended.code == 1 and "Next: " not in ended.output:
        yield f"does not say what to type next: {ended.output[-1500:]}"


def foreseen(project: Project, before: int) -> Iterator[str]:
    """No error came that nobody foresaw, since the file that tells of them was so long."""
    told = project.work / "errors.log"
    text = told.read_text("utf-8", "replace") if told.exists() else ""
    if len(text) > before:
        yield f"an error that nobody foresaw: {text[before:][-2500:]}"


def errors_told(project: Project) -> int:
    """How long the file is that tells of errors that nobody foresaw."""
    told = project.work / "errors.log"
    return len(told.read_text("utf-8", "replace")) if told.exists() else 0


def private(project: Project) -> Iterator[str]:
    """Nobody else may enter the work folder."""
    if project.work.exists() and mode_of(project.work) != 0o700:
        yield f"the work folder's mode is {mode_of(project.work):o}"


def secret(project: Project, lines: Sequence[Line], outputs: Sequence[str]) -> Iterator[str]:
    """No credential and no token is written down anywhere."""
    for line in lines:
        if found := leaks(project.of(line), *outputs):
            yield f"[{line.name}] a secret is in {found}"


def traced(project: Project) -> Iterator[str]:
    """Every page and every window is noted once; a page leads to itself in the archive."""
    for what, names in (("pages", "page_id"), ("windows", "window_id, table_name")):
        query = f"select {names} from ops.{what} group by all having count(*) > 1"
        if twice := ask(project.raw, query):
            yield f"{len(twice)} {what} are noted twice: {twice[:3]}"
    held = {
        head["page_id"]
        for segment in (project.work / "archive").glob("*.zst")
        for head, _ in frames(segment)
    }
    noted = {str(p) for (p,) in ask(project.raw, "select page_id from ops.pages")}
    if lost := noted - held:
        yield f"{len(lost)} pages are noted and not in the archive: {sorted(lost)[:3]}"


def counted(project: Project, line: Line) -> Iterator[str]:
    """The windows count as many new documents as there are: a publish is decided by that."""
    seen = project.of(line)
    windows = seen.ask_raw(
        "select table_name, cast(sum(rows_new) as bigint) from ops.windows group by all"
    )
    told = {str(table): int(str(new)) for table, new in windows}
    for table in project.tables(line):
        new, there = told.get(table.name, 0), len(versions(seen, table.name))
        if new != there:
            yield f"[{line.name}] {table.name}: windows count {new} new documents of {there}"


def swept_tables(project: Project, line: Line) -> set[str]:
    """The tables whose deletes a sweep sees."""
    if sources.load(line.vendor).whole is None:
        return set()
    return {table.name for table in project.tables(line) if table.swept}


def is_sweeping(project: Project, line: Line) -> bool:
    """Whether a sweep of the connection was begun and is not over."""
    begun = "select count(*) > 0 from ops.sweeps where outcome = 'running'"
    return project.of(line).ask_raw(begun) == [(True,)]


def deleted(seen: Seen, table: str) -> set[str]:
    """The keys that are marked as gone."""
    rows = seen.ask_raw(
        "select substr(_key, instr(_key, chr(31)) + 1) from ops.deletions "
        f"where table_name = '{table}' and restored_at is null"
    )
    return {str(key) for (key,) in rows}


def nobody_missing(project: Project, line: Line) -> Iterator[str]:
    """All that the vendor shows is here."""
    seen = project.of(line)
    theirs = project.sites[line.site].books(line.vendor).keys()
    for table in project.tables(line):
        ours = versions(seen, table.name)
        if lost := missing(theirs[table.name], ours, _bad(seen, table.name)):
            yield f"[{line.name}] {table.name}: missing {len(lost)}: {lost[:3]}"


def equal(project: Project, line: Line, undisturbed: Hashes) -> Iterator[str]:
    """Documents, contents and deletions are the vendor's; nothing is there twice.

    Args:
        project: that went through it all.
        line: one of its connections.
        undisturbed: what a project that went through nothing reads now.
    """
    yield from nobody_missing(project, line)
    seen = project.of(line)
    theirs = project.sites[line.site].books(line.vendor).keys()
    ours, swept = latest(seen), swept_tables(project, line)
    for table, own in ours.items():
        gone = deleted(seen, table)
        about = f"[{line.name}] {table}"
        if table in swept and (more := set(own) - gone - set(theirs[table])):
            yield f"{about}: not marked as deleted: {sorted(more)[:3]}"
        if wrong := gone & set(theirs[table]):
            yield f"{about}: marked as deleted and there: {sorted(wrong)[:3]}"
        if other := difference(own, {**own, **undisturbed[table]}):
            yield f"{about}: not as an undisturbed reading has it: {other}"
        if twice := doubled(seen, table):
            yield f"{about}: {twice} rows are there twice"
    if line.vendor in BY_VALUE:
        try:
            assert_equal_to_books(seen)
        except AssertionError as error:
            yield f"[{line.name}] not as the vendor's books have it: {str(error)[:1500]}"


def quarantine_is(project: Project, line: Line, undisturbed: set[str]) -> Iterator[str]:
    """Nothing is in quarantine but what an undisturbed reading cannot type either."""
    found = {raw for table in project.tables(line) for raw in _bad(project.of(line), table.name)}
    if more := found - undisturbed:
        yield f"[{line.name}] in quarantine, though it can be typed: {sorted(more)[:2]}"


def bad_rows(project: Project, line: Line) -> set[str]:
    """The rows in quarantine, as they came."""
    seen = project.of(line)
    return {raw for table in project.tables(line) for raw in _bad(seen, table.name)}


def _bad(seen: Seen, table: str) -> list[str]:
    rows = seen.ask_raw(f"select raw from ops.quarantine where table_name = '{table}'")
    return [str(raw) for (raw,) in rows]


def published(project: Project, lines: Sequence[Line]) -> Iterator[str]:
    """The file that readers get has every document of the work file, once, and no log beside it."""
    for log in project.data.glob("*.wal"):
        yield f"a log stands beside what is published: {log.name}"
    for line in lines:
        seen = project.of(line)
        for table in project.tables(line):
            keys = set(versions(seen, table.name))
            rows = _rows(project.published, line, table.name)
            if len(rows) != len(keys) or set(rows) != keys:
                yield (
                    f"[{line.name}] {table.name}: {len(rows)} rows are published of "
                    f"{len(keys)} documents"
                )
    try:
        said = json.loads((project.data / "warehouse.status.json").read_text())
    except (OSError, ValueError) as error:
        yield f"the status cannot be read: {error}"
        return
    if said["run_id"] != _run_of(project.published):
        yield f"the status is about {said['run_id']}, readers get {_run_of(project.published)}"


def _rows(file: Path, line: Line, table: str) -> list[str]:
    try:
        rows = ask(
            file,
            "select substr(_key, instr(_key, chr(31)) + 1) "
            f"from {line.vendor}.{table} where connection = '{line.name}'",
        )
    except (duckdb.Error, OSError):
        return []
    return [str(key) for (key,) in rows]


def _run_of(published: Path) -> str:
    return published.resolve().name.removeprefix("warehouse-").removesuffix(".duckdb")


def needs_no_queue(lines: Sequence[Line]) -> list[Line]:
    """The connections whose truth is what their lists show now."""
    return [line for line in lines if line.vendor != QUEUE]
