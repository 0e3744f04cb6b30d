"""Why an extract is not sent as it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from pipelines.deliver.book import Book
from pipelines.deliver.declared import FOLDER, Extract
from pipelines.deliver.periods import Period
from pipelines.deliver.reach import Named, Warehouse, tables_that_tell
from pipelines.deliver.report import Wanted
from pipelines.project import Connection
from sources._http.errors import Misconfigured, PenstockError

ANSWERS = ("sent", "again")


def refuse_nonsense(wanted: Wanted) -> None:
    """Options that mean nothing together.

    Raises:
        Misconfigured: naming them.
    """
    wrong = ""
    if wanted.settle is not None and wanted.settle not in ANSWERS:
        wrong = f"--settle is {wanted.settle!r}; there are {' and '.join(ANSWERS)}"
    elif wanted.settle is not None and (wanted.name is None or wanted.period is None):
        wrong = "--settle needs one extract named, and its --period"
    elif wanted.settle is not None and wanted.is_dry:
        wrong = "--settle and --dry-run do not go together"
    elif wanted.period is not None and wanted.name is None:
        wrong = "--period needs one extract named"
    if wrong:
        raise Misconfigured(wrong, next_command="penstock deliver --help")


def needed(
    extract: Extract, connections: Sequence[str], connection_of: Callable[[str], Connection]
) -> list[Named]:
    """The tables that must have been read to a period's end before it is sent.

    Args:
        extract: which.
        connections: all that are configured.
        connection_of: one of them, its settings resolved.

    Raises:
        Misconfigured: the extract needs a connection or a table that there is not.
    """
    found: list[Named] = []
    for name in extract.needs or connections:
        connection, _, table = name.partition(".")
        if connection not in connections:
            raise _no_such(extract, name, f"connection; configured: {', '.join(connections)}")
        opened = connection_of(connection)
        known = [declared.name for declared in opened.tables]
        if table and table not in known:
            raise _no_such(extract, name, f"table; {connection} has {', '.join(known)}")
        tables = [table] if table else tables_that_tell(opened)
        found += [(connection, each) for each in tables or [""]]
    return found


def _no_such(extract: Extract, name: str, what: str) -> Misconfigured:
    return Misconfigured(
        f"{FOLDER}/{extract.name}.sql needs {name!r}, and there is no such {what}",
        next_command=f"penstock deliver {extract.name} --dry-run",
    )


def refuse_short(
    extract: Extract, period: Period, warehouse: Warehouse, tables: Iterable[Named]
) -> None:
    """Nothing is sent that may lack rows of its period.

    Args:
        extract: which.
        period: what it is sent for.
        warehouse: what it is made from.
        tables: those that must reach its end.

    Raises:
        PenstockError: the warehouse does not reach the period's end.
    """
    reach, table = warehouse.as_of(tables)
    of = ".".join(filter(None, table))
    ends_at = period.ends_at(extract.zone)
    if reach is None or reach < ends_at:
        said = f"as of {reach:%F %H:%M} UTC" if reach else "without anything read to its end"
        raise PenstockError(
            f"{extract.file_name(period)} is not sent: the warehouse is {said} for {of}, and "
            f"{period.label} ended at {ends_at:%F %H:%M} UTC",
            next_command="penstock run",
        )


def refuse_used_name(extract: Extract, period: Period, book: Book) -> None:
    """A name is given once per mailbox: a second file might overwrite the first.

    Raises:
        Misconfigured: another delivery has it.
    """
    name = extract.file_name(period)
    other = book.named(extract.connection, name)
    if other is not None and (other.delivery, other.period) != (extract.name, period.label):
        raise Misconfigured(
            f"{FOLDER}/{extract.name}.sql: {name} is the name of {other.delivery} for "
            f"{other.period}; give `file` another pattern",
            next_command=f"penstock deliver {extract.name} --dry-run",
        )


def behind(extract: Extract, warehouse: Warehouse) -> Iterator[str]:
    """Tables whose past is not loaded yet: what is sent may lack rows, and says so."""
    for connection, table, share in warehouse.behind:
        if not extract.needs or {connection, f"{connection}.{table}"} & set(extract.needs):
            yield (
                f"{extract.name}: {connection}.{table} is loaded to {share:.0%} so far; what was "
                "made before is in no file until then"
            )
