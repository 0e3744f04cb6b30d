"""Search strings and list paths: the one place where CIMcloud's URLs are built.

A list is `{resource}/{searchstring}/{page}`, the search string optional [P]. A condition is
`op~field~value[~value2]`; conditions are joined by `|and|` and `|or|`, grouped by parentheses, and
a value may be `<<date>>` or `<<dateadd:days:-10>>` [P]. Three things are not said, and each is kept
from mattering: which of and/or binds closer (what is joined inside something joined stands in
parentheses), how a value escapes `~ | ( )` (such a value is refused), and whether the end of a
search can read as a page (a search is never without its page, so the page is the last segment).

A literal date holds slashes and would be counted in a zone of its own; `DaysAgo` has neither
problem, but counts from the *site's* today: allow a day of slack.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Final
from urllib.parse import quote

FIRST_PAGE: Final = 1  # page 0 is page 1 once more [P]
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_SEGMENT = re.compile(r"[A-Za-z][A-Za-z0-9_-]*", re.ASCII)
_GRAMMAR = re.compile(r"[~|()]|<<|>>")


class Unspeakable(ValueError):  # noqa: N818
    """A search string has no way to say it, or what is said is no path."""


def is_field(name: str) -> bool:
    """Whether a search can name such a field."""
    return _NAME.fullmatch(name) is not None


def _require_name(name: str, what: str) -> None:
    if not is_field(name):
        raise Unspeakable(f"{name!r} is no name of {what}: letters, digits and _")


@dataclass(frozen=True)
class DaysAgo:
    """A day, counted from the site's today.

    Attributes:
        days: how many days back; negative ones lie ahead.
    """

    days: int

    def __str__(self) -> str:
        return f"<<dateadd:days:{-self.days}>>" if self.days else "<<date>>"


Value = str | int | DaysAgo


@dataclass(frozen=True)
class Operators:
    """The operators' names: those that the vendor's documents show [P], as they spell them.

    Attributes:
        between: a field lies between two values, both included [A].
        since: a field is the value or later.
        exact: a field is the value.

    Raises:
        Unspeakable: a name is none.
    """

    between: str = "searchbetween"
    since: str = "searchgreatherthanequal"
    exact: str = "searchexact"

    def __post_init__(self) -> None:
        for field in fields(self):
            _require_name(getattr(self, field.name), "an operator")


DOCUMENTED: Final = Operators()


@dataclass(frozen=True)
class Condition:
    """One test of one field.

    Attributes:
        operator: its name on the wire.
        field: the field's name on the wire.
        values: one or two, as the operator takes them.

    Raises:
        Unspeakable: a name is none, or a value cannot be said.
    """

    operator: str
    field: str
    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        _require_name(self.operator, "an operator")
        _require_name(self.field, "a field")
        if len(self.values) not in (1, 2):
            raise Unspeakable(f"{self.operator} takes one value or two, not {len(self.values)}")
        for value in self.values:
            _require_sayable(value)

    def __str__(self) -> str:
        return "~".join([self.operator, self.field, *map(str, self.values)])


@dataclass(frozen=True)
class Joined:
    """Clauses of which all or any must hold; made by `all_of` and `any_of`.

    Attributes:
        word: "and" or "or".
        clauses: two or more.
    """

    word: str
    clauses: tuple[Clause, ...]

    def __str__(self) -> str:
        said = [f"({c})" if isinstance(c, Joined) else str(c) for c in self.clauses]
        return f"|{self.word}|".join(said)


Clause = Condition | Joined


def all_of(*clauses: Clause) -> Clause:
    """Every one of them holds.

    Raises:
        Unspeakable: there is none.
    """
    return _joined("and", clauses)


def any_of(*clauses: Clause) -> Clause:
    """At least one of them holds.

    Raises:
        Unspeakable: there is none.
    """
    return _joined("or", clauses)


def between(field: str, low: Value, high: Value, operators: Operators = DOCUMENTED) -> Condition:
    """The field lies between two values.

    Raises:
        Unspeakable: a value or the field's name cannot be said.
    """
    return Condition(operators.between, field, (low, high))


def since(field: str, day: Value, operators: Operators = DOCUMENTED) -> Condition:
    """The field is that day or later.

    Raises:
        Unspeakable: the value or the field's name cannot be said.
    """
    return Condition(operators.since, field, (day,))


def exact(field: str, value: Value, operators: Operators = DOCUMENTED) -> Condition:
    """The field is that value.

    Raises:
        Unspeakable: the value or the field's name cannot be said.
    """
    return Condition(operators.exact, field, (value,))


def list_path(resource: str, search: Clause | None = None, page: int | None = None) -> str:
    """The path of a list below the site, as `Client.get` takes it: ASCII, data percent-encoded.

    Args:
        resource: the resource's path, as `Resource.path` holds it.
        search: what rows are wanted; all without it.
        page: which fifty of them, from 1 on; without it, the vendor answers the first.

    Raises:
        Unspeakable: the resource is no path, the page is below the first, or a search comes
            without a page.
    """
    require_path(resource)
    if page is None:
        if search is not None:
            raise Unspeakable("a search needs its page: without one, its own end may read as one")
        return resource
    if page < FIRST_PAGE:
        raise Unspeakable(f"pages begin at {FIRST_PAGE}, not at {page}")
    said = [] if search is None else [quote(str(search), safe="")]
    return "/".join([resource, *said, str(page)])


def require_path(resource: str) -> None:
    """Holds a resource's path to letters, digits, `_` and `-`, each segment begun by a letter.

    Raises:
        Unspeakable: it is none; a segment of digits would read as a page.
    """
    if not all(_SEGMENT.fullmatch(segment) for segment in resource.split("/")):
        raise Unspeakable(
            f"{resource!r} is no resource's path: letters, digits, _ and -, as in order_history"
        )


def _joined(word: str, clauses: tuple[Clause, ...]) -> Clause:
    if not clauses:
        raise Unspeakable("a search of no clauses: leave the search out instead")
    return clauses[0] if len(clauses) == 1 else Joined(word, clauses)


def _require_sayable(value: Value) -> None:
    text = str(value)
    if isinstance(value, DaysAgo):
        return
    if not text.strip() or not text.isprintable():
        raise Unspeakable(f"a search cannot say {text!r}: it is blank, or holds what no text does")
    if _GRAMMAR.search(text):
        raise Unspeakable(
            f"a search cannot say {text!r}: how ~ | ( ) << >> are escaped is not said"
        )
