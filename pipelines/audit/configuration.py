"""All checks of a vendor: what its declarations promise, its `checks.yml`, the user's own file.

The marts are checked the same way, as if `sales` were a vendor: what a mart promises, `sales.yml`,
the user's own file, which may ask of the project's own models as well.

A later file adds checks, and changes earlier ones by name under `change`. Everything that is wrong
with any of them is reported at once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import TypeVar

import sources
from pipelines.audit.base import base_facts
from pipelines.audit.checks import Expectation, Fact, Severity, TableRef, VendorChecks, row_key
from pipelines.audit.checks_file import ChecksFile, SaidExpectation, SaidFact, read_checks_file
from pipelines.audit.marts import SALES, mart_facts
from pipelines.audit.problems import ChecksMisconfigured, Problem, did_you_mean
from pipelines.audit.quarantine import quarantine_facts
from pipelines.audit.relations import Relations, columns
from pipelines.audit.vocabulary import TERMS
from pipelines.audit.watch import freshness_facts, watch_facts
from sources._tables.declare import Kind, Table

Check = Expectation | Fact
_Limit = TypeVar("_Limit")
_NUMBERS = (Kind.INTEGER, Kind.DECIMAL)
_TIMES = (Kind.DATE, Kind.TIMESTAMP)
_FACT = """\
facts:
  order_has_a_customer:
    table: orders
    severity: warning
    means: An order belongs to no customer.
    failing: select order_key from sales.orders where customer_key is null"""


def load_project(vendors: Mapping[str, Sequence[Table]], project: Path) -> list[VendorChecks]:
    """The checks of several vendors and of the marts: the shipped file of each, and the project's.

    Args:
        vendors: the declared tables of each vendor in use.
        project: the project directory, whose files are `checks/<vendor>.yml`, `checks/sales.yml`.

    Raises:
        ChecksMisconfigured: with everything that is wrong in any file.
    """
    known: list[VendorChecks] = []
    problems = _strays(vendors, project / "checks")
    ours = {vendor: files(f"sources.{vendor}") / "checks.yml" for vendor in vendors}
    ours[SALES] = files("pipelines.audit") / "sales.yml"
    for vendor, file in ours.items():
        own, tables = project / "checks" / f"{vendor}.yml", vendors.get(vendor, ())
        try:
            with as_file(file) as shipped:
                paths = [shipped, own] if own.exists() else [shipped]
                known.append(load_checks(vendor, tables, paths, others=vendors))
        except ChecksMisconfigured as error:
            problems += error.problems
    if problems:
        raise ChecksMisconfigured(problems)
    return known


def _strays(vendors: Collection[str], folder: Path) -> list[Problem]:
    """Files that nobody would read: a misspelt vendor must not switch checks off in silence."""
    read = {f"{vendor}.yml" for vendor in {*sources.names(), *vendors, SALES}}
    return [
        Problem(str(path), "", "is read by nobody" + did_you_mean(path.name, read))
        for path in sorted(folder.glob("*.y*ml"))
        if path.name not in read
    ]


def load_checks(
    vendor: str, tables: Sequence[Table], paths: Sequence[Path], *, others: Collection[str] = ()
) -> VendorChecks:
    """The checks of one vendor, or of the marts.

    Args:
        vendor: its name, which is its schema's too; "sales" is the marts.
        tables: its declared tables; the marts have none.
        paths: its checks files; later ones add to and change the earlier ones.
        others: the names of vendors whose relations a query may read besides.

    Raises:
        ChecksMisconfigured: with everything that is wrong in any file.
    """
    relations = Relations(vendor, tables, others)
    base = list(mart_facts() if vendor == SALES else base_facts(vendor, tuple(tables)))
    said = [read_checks_file(path) for path in paths]
    hours = _limits(tables, (file.freshness for file in said))
    thresholds = _limits(tables, (file.quarantine for file in said))
    checks: list[Check] = [*base]
    if vendor != SALES:
        checks += [*watch_facts(vendor, tables), *quarantine_facts(vendor, thresholds)]
    for file in said:
        taken = {c.name for c in checks} | {"freshness", "quarantine"}
        checks += _added(file, relations, taken)
        _find_tables(file, {t.name for t in tables})
    checks += freshness_facts(vendor, hours)
    for file in said:
        checks = _changed(file, checks, always={c.name for c in base})
    problems = [problem for file in said for problem in file.problems]
    if problems:
        raise ChecksMisconfigured(problems)
    return VendorChecks(
        vendor=vendor,
        tables=tuple(tables),
        expectations=tuple(c for c in checks if isinstance(c, Expectation)),
        facts=tuple(c for c in checks if isinstance(c, Fact)),
        freshness=hours,
    )


def _added(file: ChecksFile, relations: Relations, taken: Collection[str]) -> Iterable[Check]:
    """The checks that a file defines."""
    found: list[Check] = []
    names = set(taken)
    for section, entries in (("expectations", file.expectations), ("facts", file.facts)):
        for name, entry in entries.items():
            key = f"{section}.{name}"
            if name in names:
                message = "is the name of a check that exists; use `change` to alter it"
                file.problem(key, message, f"change:\n  {name}: {{severity: warning}}")
            names.add(name)
            if isinstance(entry, SaidExpectation):
                found += _expectations(file, key, name, entry, relations)
            else:
                found.append(_fact(file, key, name, entry, relations))
    return found


def _fact(file: ChecksFile, key: str, name: str, said: SaidFact, relations: Relations) -> Fact:
    fact = Fact(
        name=name,
        vendor=relations.vendor,
        table=said.table,
        severity=said.severity,
        means=said.means.strip(),
        failing=said.failing.strip().rstrip(";").rstrip(),
        parameters=said.parameters,
        every_run=said.every_run,
    )
    if not relations.about(said.table):
        name = said.table if "." in said.table else f"{relations.vendor}.{said.table}"
        hint = did_you_mean(said.table, relations.named)
        file.problem(f"{key}.table", f"there is no {name}{hint}")
    for objection in relations.objections(fact):
        file.problem(f"{key}.failing", objection)
    return fact


def _expectations(
    file: ChecksFile, key: str, name: str, said: SaidExpectation, relations: Relations
) -> Iterable[Expectation]:
    """One expectation per table that it is asked of."""
    term = TERMS.get(said.expect)
    if term is None:
        message = f"there is no expectation {said.expect!r} here"
        file.problem(f"{key}.expect", message + did_you_mean(said.expect, TERMS))
        return
    for argument in sorted(set(said.arguments) - term.arguments):
        hint = did_you_mean(argument, term.arguments)
        file.problem(f"{key}.with.{argument}", f"{said.expect} has no such argument{hint}")
    for argument in sorted({*term.columns, *term.required} - set(said.arguments)):
        file.problem(f"{key}.with.{argument}", f"{said.expect} needs it")
    _check_arguments(file, key, said)
    named = _columns_named(said, term.columns)
    for table in said.table:
        if relations.vendor == SALES:
            file.problem(f"{key}.table", "changed rows are a vendor's; of a mart ask a fact", _FACT)
            continue
        if table not in relations.tables:
            message = f"there is no {relations.vendor}.{table}"
            file.problem(f"{key}.table", message + did_you_mean(table, relations.tables))
            continue
        declared, child = relations.tables[table]
        kinds = columns(declared, child)
        for column in named:
            if column not in kinds:
                message = f"{relations.vendor}.{table} has no column {column!r}"
                file.problem(f"{key}.with", message + did_you_mean(column, kinds))
        _check_values(file, key, said, term.compares, kinds.get(named[0]) if named else None)
        yield Expectation(
            name=name,
            table=TableRef(relations.vendor, table),
            severity=said.severity,
            means=said.means.strip(),
            expect=said.expect,
            arguments=said.arguments,
            columns=named,
            key=row_key(declared, child),
        )


def _columns_named(said: SaidExpectation, arguments: Iterable[str]) -> tuple[str, ...]:
    named: list[str] = []
    for argument in arguments:
        value = said.arguments.get(argument, [])
        named += [str(v) for v in value] if isinstance(value, list) else [str(value)]
    return tuple(named)


def _check_arguments(file: ChecksFile, key: str, said: SaidExpectation) -> None:
    """What would only be found out when the expectation is asked."""
    mostly = said.arguments.get("mostly", 1)
    if isinstance(mostly, bool) or not isinstance(mostly, int | float) or not 0 < mostly <= 1:
        file.problem(f"{key}.with.mostly", "is a share above 0 and up to 1", "mostly: 0.95")
    patterns = said.arguments.get("regex_list", said.arguments.get("regex", []))
    for pattern in patterns if isinstance(patterns, list) else [patterns]:
        try:
            re.compile(str(pattern))
        except re.error as error:
            file.problem(f"{key}.with.regex", f"{pattern!r} is no regular expression: {error}", "")


def _check_values(
    file: ChecksFile, key: str, said: SaidExpectation, compares: Iterable[str], kind: Kind | None
) -> None:
    """A bound or a set must be of the column's kind: '5' is never 5 where it is compared."""
    for argument in compares:
        value = said.arguments.get(argument)
        for one in value if isinstance(value, list) else [value]:
            if one is not None and kind is not None and not _fits(one, kind):
                message = f"{one!r} cannot be compared with a column of {kind.value}"
                file.problem(f"{key}.with.{argument}", message, "")


def _fits(value: object, kind: Kind) -> bool:
    if isinstance(value, bool) or kind is Kind.FLAG:
        return isinstance(value, bool) and kind is Kind.FLAG
    if kind in _NUMBERS:
        return isinstance(value, int | float)
    if kind in _TIMES:
        return isinstance(value, date | datetime)
    return isinstance(value, str)


def _limits(tables: Sequence[Table], said: Iterable[Mapping[str, _Limit]]) -> dict[str, _Limit]:
    """What the files say of each table; the last one has it."""
    known = {table.name for table in tables}
    return {t: limit for limits in said for t, limit in limits.items() if t in known}


def _find_tables(file: ChecksFile, tables: Collection[str]) -> None:
    for section, said in (("freshness", file.freshness), ("quarantine", file.quarantine)):
        for table in said:
            if table not in tables:
                file.problem(f"{section}.{table}", "is no table" + did_you_mean(table, tables))


def _changed(file: ChecksFile, checks: list[Check], always: Collection[str]) -> list[Check]:
    """The checks as a file's `change` section wants them."""
    for name, change in file.change.items():
        key = f"change.{name}"
        meant = [c for c in checks if c.name == name]
        if not meant:
            file.problem(key, "is no check" + did_you_mean(name, {c.name for c in checks}))
        if change.severity == "off" and name in always:
            message = "every published table promises this: it can be a warning, never off"
            file.problem(f"{key}.severity", message, f"change:\n  {name}: {{severity: warning}}")
        known = {p for c in meant if isinstance(c, Fact) for p in c.parameters}
        for parameter in sorted(set(change.parameters) - known) if meant else ():
            hint = did_you_mean(parameter, known) if known else "; it has none"
            file.problem(f"{key}.parameters.{parameter}", f"is no parameter of it{hint}", "")
    applied = (_apply(check, file) for check in checks)
    return [check for check in applied if check is not None]


def _apply(check: Check, file: ChecksFile) -> Check | None:
    change = file.change.get(check.name)
    if change is None:
        return check
    if change.severity == "off":
        return None
    severity = Severity(change.severity or check.severity)
    if isinstance(check, Expectation):
        return replace(check, severity=severity)
    return replace(check, severity=severity, parameters={**check.parameters, **change.parameters})
