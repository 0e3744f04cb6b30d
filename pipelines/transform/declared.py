"""The models that follow from a vendor's declarations: current tables, history, notifications.

None is written by hand, so a column declared once is read, published and described. The rules
(which version is current, since when one is valid) are macros; these models name the columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sources._tables.declare import Child, Column, Table
from sources._tables.quoting import identifier, literal

TRAIL = ("_key", "_version", "_observed_at", "_window_id", "_page_id")
SPAN = ("valid_from", "valid_to", "is_current")
ADDED_TO_TABLES = frozenset({"connection", "unknown_fields", *SPAN})
ADDED_TO_LINES = frozenset({"connection", "line_number", "unknown_fields", *SPAN})
DELETED = "deleted_at"  # of the current rows of a swept table, and of their lines

Described = tuple[str, str]  # a column's name and what it means, in dbt's own text


@dataclass(frozen=True)
class Model:
    """One generated model.

    Attributes:
        schema: where it is published.
        name: its name there.
        description: what one row is; like those of columns a text for dbt, which renders it.
        columns: the published columns in order.
        sql: the query.
    """

    schema: str
    name: str
    description: str
    columns: tuple[Described, ...]
    sql: str

    @property
    def unique_name(self) -> str:
        """The name by which other models refer to it: `cienapps__orders`."""
        return f"{self.schema}__{self.name}"


def models(vendor: str, tables: Sequence[Table]) -> Iterator[Model]:
    """Every model of that vendor's schema and of its history.

    Raises:
        ValueError: a declared column has a name that the published tables add themselves, or the
            tables of one queue number its items differently.
    """
    for table in tables:
        _refuse_collisions(table)
        yield _current(vendor, table)
        yield _history(vendor, table)
        for child in table.children:
            yield _current_lines(vendor, table, child)
            yield _history_lines(vendor, table, child)
    for queue in dict.fromkeys(table.queue for table in tables if table.queue is not None):
        yield _notifications(vendor, queue, [t for t in tables if t.queue == queue])


def verbatim(text: str) -> str:
    """`text` so that dbt, which renders descriptions, leaves it as it is."""
    return "{% raw %}" + text + "{% endraw %}" if "{" in text else text


def _current(vendor: str, table: Table) -> Model:
    selected = [
        *_of("document", ("connection", *_quoted(table.columns))),
        "document._extra as unknown_fields",
        *_deleted_at(table),
        *_of("document", TRAIL),
    ]
    return Model(
        schema=vendor,
        name=table.name,
        description=f"{verbatim(table.description)} As it is now{_or_was(table)}.",
        columns=_row(table, (*_deleted(table), *TRAIL)),
        sql=f"""with document as (
  select *
  from {_source(vendor, table.name)}
  {{{{ newest_only() }}}}
)

select
  {_list(selected)}
from document
{_deletions(vendor, table, "document")}""",
    )


def _history(vendor: str, table: Table) -> Model:
    selected = [
        *_of("version", ("connection", *_quoted(table.columns))),
        "version._extra as unknown_fields",
        *_span(),
        *_of("version", TRAIL),
    ]
    return Model(
        schema="history",
        name=f"{vendor}__{table.name}",
        description=f"{verbatim(table.description)} As it ever was: one row per distinct "
        "consecutive content, the first version that carried it.",
        columns=_row(table, (*SPAN, *TRAIL)),
        sql=f"""with span as (
  {{{{ version_spans({_source_call(vendor, table.name)}) }}}}
)

select
  {_list(selected)}
from {_source(vendor, table.name)} as version
join span
  on span._key = version._key
  and span._page_id = version._page_id
  and span._row_number = version._row_number
""",
    )


def _current_lines(vendor: str, table: Table, child: Child) -> Model:
    keys = [table.column(name) for name in table.key]
    selected = [*_line_columns(keys, child), *_deleted_at(table), *_of("line", TRAIL)]
    return Model(
        schema=vendor,
        name=child.name,
        description=f"{verbatim(child.description)} As it is now{_or_was(table)}.",
        columns=_line(keys, child, (*_deleted(table), *TRAIL)),
        sql=f"""with parent as (
  select _key, _page_id, _row_number, {", ".join(_quoted(keys))}
  from {_source(vendor, table.name)}
  {{{{ newest_only() }}}}
)

select
  {_list(selected)}
from {_source(vendor, child.name)} as line
join parent
  on parent._key = line._key
  and parent._page_id = line._page_id
  and parent._row_number = line._row_number
{_deletions(vendor, table, "parent")}""",
    )


def _history_lines(vendor: str, table: Table, child: Child) -> Model:
    keys = [table.column(name) for name in table.key]
    return Model(
        schema="history",
        name=f"{vendor}__{child.name}",
        description=f"{verbatim(child.description)} As it ever was: the lines of every row of "
        f"history.{vendor}__{table.name}, valid as long as that row.",
        columns=_line(keys, child, (*SPAN, *TRAIL)),
        sql=f"""with span as (
  {{{{ version_spans({_source_call(vendor, table.name)}) }}}}
)

select
  {_list([*_line_columns(keys, child), *_span(), *_of("line", TRAIL)])}
from {_source(vendor, child.name)} as line
join {_source(vendor, table.name)} as parent
  on parent._key = line._key
  and parent._page_id = line._page_id
  and parent._row_number = line._row_number
join span
  on span._key = line._key
  and span._page_id = line._page_id
  and span._row_number = line._row_number
""",
    )


def _notifications(vendor: str, queue: str, tables: Sequence[Table]) -> Model:
    items = {table.version for table in tables}
    if len(items) != 1:
        raise ValueError(f"{vendor}: the tables of queue {queue} number its items differently")
    item = next(table.column(table.version) for table in tables if table.version is not None)
    return Model(
        schema=vendor,
        name=queue,
        description="The vendor's notifications, one row per notification: which document it "
        "brought, and whether it was confirmed.",
        columns=(
            _doc("connection"),
            *_described([item]),
            ("entity", "Table that the document belongs to."),
            ("document", "Number of the document; NULL when it could not be read."),
            ("window_id", "The window of work that loaded it; see ops.windows."),
            ("page_id", "The archived page it came on: the vendor's answer itself."),
            ("received_at", "When that page was received (UTC)."),
            ("confirmed_at", "When it was confirmed to the vendor (UTC); NULL while it is not."),
            ("times_returned", "How often the vendor listed it again after its confirmation."),
        ),
        sql=f"""select
  connection,
  item_id as {identifier(item.name)},
  table_name as entity,
  document_key as document,
  window_id,
  page_id,
  received_at,
  confirmed_at,
  times_returned
from {_source("ops", "outbox")}
where vendor = {literal(vendor)} and queue = {literal(queue)}
""",
    )


def _refuse_collisions(table: Table) -> None:
    deleted = set(_deleted(table))
    taken = {c.name for c in table.columns} & (ADDED_TO_TABLES | deleted)
    for child in table.children:
        taken |= {c.name for c in child.columns} & (ADDED_TO_LINES | deleted | set(table.key))
    if taken:
        raise ValueError(
            f"table {table.name} declares columns that the published tables add themselves: "
            + ", ".join(sorted(taken))
        )


def _deleted(table: Table) -> tuple[str, ...]:
    """What a swept table's current rows and lines have besides."""
    return (DELETED,) if table.swept else ()


def _deleted_at(table: Table) -> list[str]:
    return _of("deletion", _deleted(table))


def _deletions(vendor: str, table: Table, document: str) -> str:
    """The join that says which documents of a swept table vanished; nothing for others."""
    if not table.swept:
        return ""
    whose = f"{literal(vendor)}, {literal(table.name)}"
    return f"""left join {{{{ open_deletions({whose}) }}}} as deletion
  on deletion._key = {document}._key
"""


def _or_was(table: Table) -> str:
    return ", or was when it was deleted: those have deleted_at" if table.swept else ""


def _row(table: Table, trail: Iterable[str]) -> tuple[Described, ...]:
    added = map(_doc, ("unknown_fields", *trail))
    return (_doc("connection"), *_described(table.columns), *added)


def _line(keys: Sequence[Column], child: Child, trail: Iterable[str]) -> tuple[Described, ...]:
    unknown = ("unknown_fields",) if child.of_objects else ()
    added = map(_doc, ("line_number", *unknown, *trail))
    return (_doc("connection"), *_described(keys), *_described(child.columns), *added)


def _line_columns(keys: Sequence[Column], child: Child) -> list[str]:
    return [
        "line.connection",
        *_of("parent", _quoted(keys)),
        *_of("line", _quoted(child.columns)),
        "line._line_number + 1 as line_number",
        *(["line._extra as unknown_fields"] if child.of_objects else []),
    ]


def _span() -> tuple[str, ...]:
    return ("span.valid_from", "span.valid_to", "span.valid_to is null as is_current")


def _of(relation: str, columns: Iterable[str]) -> list[str]:
    return [f"{relation}.{column}" for column in columns]


def _quoted(columns: Iterable[Column]) -> list[str]:
    return [identifier(column.name) for column in columns]


def _list(selected: Iterable[str]) -> str:
    return ",\n  ".join(selected)


def _source(schema: str, table: str) -> str:
    return f"{{{{ {_source_call(schema, table)} }}}}"


def _source_call(schema: str, table: str) -> str:
    return f"source('{schema}', '{table}')"


def _doc(name: str) -> Described:
    """A column whose meaning is told once, in models/columns.md."""
    return name, f"{{{{ doc('{name}') }}}}"


def _described(columns: Iterable[Column]) -> list[Described]:
    return [(column.name, verbatim(column.description)) for column in columns]
