"""What a check is, what came of it, and the verdict over all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from sources._tables.declare import Child, Table

Scalar = str | int | float | bool | date | datetime
EXAMPLES = 5  # rows shown of a failing check; the query beside them shows the rest


class Severity(StrEnum):
    """What a check that does not pass does to the publish."""

    CRITICAL = "critical"  # refuses it
    WARNING = "warning"  # is shown beside the data


class Status(StrEnum):
    """What came of a check. One that could not be evaluated has failed just as surely."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    ERROR = "error"


class Reads(StrEnum):
    """Which file a fact is asked of."""

    PUBLISHED = "published"  # the warehouse file about to be published
    RAW = "raw"  # the private file with every version as it was stored


@dataclass(frozen=True, order=True)
class TableRef:
    """A table or child table of a vendor, as `vendor.name`."""

    vendor: str
    name: str

    def __str__(self) -> str:
        return f"{self.vendor}.{self.name}"


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """One expectation of Great Expectations, asked of the changed rows of one table.

    Attributes:
        name: the check's name; with the table it identifies the check within its vendor.
        table: the table whose changed rows are judged.
        severity: what a failure does to the publish.
        means: one sentence that says what a failure means to a user of the data.
        expect: the expectation's name in Great Expectations' own vocabulary.
        arguments: its arguments, under Great Expectations' own names.
        columns: the columns it is about, shown in the examples.
        key: the columns that tell a user which row it is.
    """

    name: str
    table: TableRef
    severity: Severity
    means: str
    expect: str
    arguments: Mapping[str, object]
    columns: tuple[str, ...]
    key: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A query that returns the rows that should not be: no row, and it holds.

    Attributes:
        name: the check's name; with the table it identifies the check within its vendor.
        vendor: whose data it is about.
        table: the relation it is about, to group and to show; the query may read others.
        severity: what a failure does to the publish.
        means: one sentence that says what a failure means to a user of the data.
        failing: one SELECT; `$now` is the moment of the audit (UTC), other names are parameters.
        parameters: the values of the query's other `$names`.
        every_run: judged on every run, from `ops` alone, also when nothing new arrived.
        reads: the file it is asked of.
    """

    name: str
    vendor: str
    table: str
    severity: Severity
    means: str
    failing: str
    parameters: Mapping[str, Scalar] = field(default_factory=dict)
    every_run: bool = False
    reads: Reads = Reads.PUBLISHED


@dataclass(frozen=True, kw_only=True)
class VendorChecks:
    """All that is asked of one vendor's data: base checks, `checks.yml`, the user's own files.

    Attributes:
        vendor: the vendor's name.
        tables: its declared tables.
        expectations: asked of changed rows.
        facts: asked of whole tables, base checks included.
        freshness: per table, after how many hours without any change it counts as stale.
    """

    vendor: str
    tables: tuple[Table, ...]
    expectations: tuple[Expectation, ...]
    facts: tuple[Fact, ...]
    freshness: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of one check.

    Attributes:
        vendor, check, kind, table, severity, means: the check's own; kind is 'expectation' or
            'fact'.
        status: passed, failed, or could not be evaluated.
        failing_rows: how many rows break it; None where an expectation is about a figure.
        examples: at most five of them: key, offending columns.
        query: what to type into `penstock sql` to see them all.
        reads: the file that the query is asked of.
        detail: what was found, in a few words.
    """

    vendor: str
    check: str
    kind: str
    table: str
    severity: Severity
    means: str
    status: Status
    failing_rows: int | None = None
    examples: tuple[Mapping[str, object], ...] = ()
    query: str = ""
    reads: Reads = Reads.PUBLISHED
    detail: str = ""

    @property
    def passed(self) -> bool:
        """Whether the check was evaluated and holds."""
        return self.status is Status.PASS

    def __str__(self) -> str:
        if self.status is Status.ERROR:
            found = "could not be evaluated"
        elif self.failing_rows is None:
            found = self.detail or self.status.value
        else:
            found = f"{self.failing_rows:,} row{'' if self.failing_rows == 1 else 's'}"
        return f"{self.vendor} {self.table}: {self.check} ({found})"


@dataclass(frozen=True)
class Verdict:
    """All results of one audit, and what follows from them."""

    results: Sequence[Result]

    @property
    def critical(self) -> list[Result]:
        """The critical checks that did not pass."""
        return self._not_passed(Severity.CRITICAL)

    @property
    def warnings(self) -> list[Result]:
        """The warnings: checks that did not pass and refuse nothing."""
        return self._not_passed(Severity.WARNING)

    @property
    def passed(self) -> list[Result]:
        """The checks that hold."""
        return [r for r in self.results if r.passed]

    @property
    def refused(self) -> bool:
        """Whether the publish is refused: any critical check failed or could not be evaluated."""
        return bool(self.critical)

    def summary(self) -> str:
        """The verdict in one line, with the critical checks by name."""
        counts = f"{len(self.warnings)} warning{'' if len(self.warnings) == 1 else 's'}, "
        counts += f"{len(self.passed)} of {len(self.results)} checks passed"
        if not self.refused:
            return counts
        return f"refused by {'; '.join(str(r) for r in self.critical)}; {counts}"

    def _not_passed(self, severity: Severity) -> list[Result]:
        return [r for r in self.results if not r.passed and r.severity is severity]


def row_key(table: Table, child: Child | None = None) -> tuple[str, ...]:
    """The published columns that tell a user which row of a table (or child table) it is."""
    return ("connection", *table.key, *(("line_number",) if child else ()))
