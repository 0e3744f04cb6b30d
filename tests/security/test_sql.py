"""Names and values reach a statement only through the quoting helpers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house import REPOSITORY
from tests.security.sql_rule import read

PACKAGE = "a vendor's name is that of its package"
FACT = "a fact is a query, ours or the user's own"
SHOWN = "of a query that people are shown, and nobody runs"
DECLARED = "declarations refuse names that are not lower case letters, digits and _"
TYPE = "a type: of a declared kind, or what DuckDB itself calls a column's"
ENUM = "of an enumeration of ours"
QUOTED = "quoted where it is called with a starred argument, which the reading does not follow"
OURS = "fields of a dataclass of ours"
REASONS = "quoted one by one, in tuples that the reading does not follow"
REASONED = {
    "pipelines/transform/declared.py: f\"source('{schema}', '{table}')\"": (
        f"dbt's own call, in Jinja: {PACKAGE}, and {DECLARED}"
    ),
    "pipelines/audit/facts.py: fact.failing": FACT,
    "pipelines/audit/relations.py: fact.failing": FACT,
    "pipelines/audit/relations.py: kind.value": ENUM,
    "pipelines/ledger.py: c.kind.value": ENUM,
    "pipelines/audit/sql.py: expectation.key": SHOWN,
    "pipelines/audit/sql.py: expectation.table": SHOWN,
    "pipelines/audit/sql.py: expectation.columns": SHOWN,
    "pipelines/deletions.py: landed": QUOTED,
    "pipelines/deletions.py: pages": QUOTED,
    "pipelines/deliver/book.py: Delivery.__dataclass_fields__": OURS,
    "pipelines/deliver/book.py: ', '.join(values)": OURS,
    "pipelines/deliver/book.py: ', '.join((f'{name} = ?' for name in changes))": OURS,
    "pipelines/schema.py: column.wanted": TYPE,
    "pipelines/schema.py: column.found": TYPE,
    "pipelines/transform/profile.py: inputs": "a constant of the same name, in upper case",
    "pipelines/ledger.py: child.columns": f"{DECLARED}, and kinds are {ENUM}",
    "pipelines/landing.py: names": "of tables that dlt made; they are quoted where they are used",
    "pipelines/audit/configuration.py: vendor": PACKAGE,
    "sources/_tables/typing_sql.py: _failures(shape)": REASONS,
    "sources/_tables/typing_sql.py: shape.place": "names of our own columns",
    "sources/_tables/lists.py: element_hash": "made of quoted parts, one call further",
    "sources/_tables/lists.py: cells": "a relation's name, quoted one call further",
}


def test_every_part_of_every_statement_is_quoted_or_ours() -> None:
    code = read(REPOSITORY, ("sources", "pipelines"), REASONED)
    assert len(code.strings) > 80
    assert [f"{it.place} (line {it.line})" for it in code.findings()] == []
    assert code.used == set(REASONED), "an exception that nothing needs"


PLANTED = {
    "by-hand": """def f(db, name):\n    db.execute(f"select * from t where x = '{name}'")""",
    "raw-name": """def f(db, row):\n    db.execute(f"select * from {row.name}")""",
    "value": """def f(db, key):\n    db.execute(f"delete from t where key = {key}")\nf(1, x())""",
    "given": """def g(n):\n    return f"drop table {n}"\ndef f(r):\n    return g(r["name"])""",
    "two-calls": (
        """def g(n):\n    return f"drop table {n}"\ndef f(r):\n    g(identifier(r)), g(r.x)"""
    ),
    "percent": """def f(db, name):\n    db.execute("select * from t where x = %s" % name)""",
    "plus": """def f(db, name):\n    db.execute("select * from t where x = " + name)""",
    "format": """def f(name):\n    return "select * from {}".format(name)""",
    "joined": """def f(names):\n    return f"select {', '.join(n.wire for n in names)} from t" """,
    "assigned": """def f(page):\n    at = page.table\n    return f"insert into {at} values (1)" """,
    "choice": """def f(a):\n    b = "t" if a else a.x\n    return f"drop table {b}" """,
    "self": (
        """class C:\n    def __init__(self, n):\n        self._n = n.text\n"""
        """    def f(self):\n        return f"drop view {self._n}" """
    ),
    "no-caller": """def f(name):\n    return f"alter table {name} add column x int" """,
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_statement_is_found(tmp_path: Path, planted: str) -> None:
    file = tmp_path / "pipelines" / "planted.py"
    file.parent.mkdir()
    file.write_text(PLANTED[planted])
    assert len(list(read(tmp_path, ("pipelines",)).findings())) == 1


FINE = {
    "identifier": """def f(n):\n    return f"drop table {identifier(n.x)}" """,
    "literal": """def f(n):\n    return f"select * from t where x = {literal(n)}" """,
    "constant": """T = "t"\ndef f():\n    return f"select * from {T} where true" """,
    "fragments": """def f(ns):\n    return f"select {', '.join(map(identifier, ns))} from t" """,
    "through": """def g(w):\n    return f"drop table {w}"\ndef f(r):\n    g(identifier(r))""",
    "no-sql": """def f(n):\n    return f"the file {n} was not copied from there" """,
}


@pytest.mark.parametrize("fine", FINE)
def test_what_is_quoted_is_not_found(tmp_path: Path, fine: str) -> None:
    file = tmp_path / "pipelines" / "fine.py"
    file.parent.mkdir()
    file.write_text(FINE[fine])
    assert list(read(tmp_path, ("pipelines",)).findings()) == []
