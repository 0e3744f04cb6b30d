"""A check's SQL: what it reads, what it needs, how a user can run it again.

DuckDB's own parser answers (`json_serialize_sql`), so nothing is run and nothing but a SELECT gets
through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from pipelines.audit.checks import Expectation, Scalar
from sources._tables import quoting

# the only table functions a check needs: all others read files or run text as SQL
_FUNCTIONS = frozenset({"unnest", "range", "generate_series"})


class NotAQuery(ValueError):  # noqa: N818 - says what is so, like its siblings
    """The text is not one SELECT that DuckDB can parse."""


@dataclass(frozen=True)
class Query:
    """What a SELECT reads and needs.

    Attributes:
        relations: (schema, name) of every table read; the schema is "" where none is written.
        parameters: the names after `$`.
        functions: table functions that reach outside the database.
    """

    relations: frozenset[tuple[str, str]]
    parameters: frozenset[str]
    functions: frozenset[str]


def parse(connection: duckdb.DuckDBPyConnection, text: str) -> Query:
    """Take a query apart without running it.

    Raises:
        NotAQuery: the text is not exactly one SELECT, or does not parse.
    """
    answer = connection.execute("select json_serialize_sql($text::varchar)", {"text": text})
    tree = json.loads(answer.fetchall()[0][0])
    if tree["error"]:
        raise NotAQuery(tree["error_message"])
    if len(tree["statements"]) != 1:
        raise NotAQuery("exactly one SELECT is expected")
    nodes = list(_nodes(tree))
    named_inside = {entry["key"] for node in nodes for entry in _with(node)}
    return Query(
        relations=frozenset(
            (node["schema_name"], node["table_name"])
            for node in nodes
            if node.get("type") == "BASE_TABLE"
            and not (node["schema_name"] == "" and node["table_name"] in named_inside)
        ),
        parameters=frozenset(
            node["identifier"] for node in nodes if node.get("class") == "PARAMETER"
        ),
        functions=frozenset(
            node["function"]["function_name"]
            for node in nodes
            if node.get("type") == "TABLE_FUNCTION"
        )
        - _FUNCTIONS,
    )


def bound(text: str, values: Mapping[str, Scalar]) -> str:
    """The query with its `$names` written out, to paste elsewhere."""
    for name, value in values.items():
        shown = literal(value).replace("\\", r"\\")
        text = re.sub(rf"\${re.escape(name)}\b", shown, text)
    return text.strip().rstrip(";").rstrip()


def literal(value: object) -> str:
    """A value as SQL."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).lower()
        case int() | float() | Decimal():
            return str(value)
        case datetime():
            return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
        case date():
            return f"DATE '{value.isoformat()}'"
        case _:
            return quoting.literal(str(value))


def expectation_query(expectation: Expectation) -> str:
    """The rows that break an expectation, over the whole published table, as SQL.

    Empty where the expectation has no short SQL: the examples then stand alone.
    """
    broken = _broken(expectation)
    if broken is None:
        return ""
    shown = dict.fromkeys((*expectation.key, *expectation.columns))
    return f"select {', '.join(shown)}\nfrom {expectation.table}\n{broken}"


def _broken(expectation: Expectation) -> str | None:
    said = dict(expectation.arguments)
    if "row_condition" in said or not expectation.columns:
        return None
    column = expectation.columns[0]
    match expectation.expect.removeprefix("expect_column_"):
        case "values_to_not_be_null":
            return f"where {column} is null"
        case "values_to_be_null":
            return f"where {column} is not null"
        case "values_to_be_unique":
            return f"qualify {column} is not null and count(*) over (partition by {column}) > 1"
        case "values_to_be_between":
            return f"where {_outside(column, said)}"
        case "value_lengths_to_be_between":
            return f"where {_outside(f'length({column})', said)}"
        case "values_to_be_in_set":
            return f"where {column} not in ({_listed(said['value_set'])})"
        case "values_to_not_be_in_set":
            return f"where {column} in ({_listed(said['value_set'])})"
        case "values_to_match_regex":
            return f"where not regexp_matches({column}, {literal(said['regex'])})"
        case "values_to_not_match_regex":
            return f"where regexp_matches({column}, {literal(said['regex'])})"
        case "pair_values_a_to_be_greater_than_b":
            worse = "<" if said.get("or_equal") else "<="
            return f"where {column} {worse} {expectation.columns[1]}"
        case _:
            return None


def _outside(measure: str, said: Mapping[str, object]) -> str:
    parts = []
    if said.get("min_value") is not None:
        parts.append(f"{measure} {'<=' if said.get('strict_min') else '<'} "
                     f"{literal(said['min_value'])}")  # fmt: skip
    if said.get("max_value") is not None:
        parts.append(f"{measure} {'>=' if said.get('strict_max') else '>'} "
                     f"{literal(said['max_value'])}")  # fmt: skip
    return " or ".join(parts) or "false"


def _listed(values: object) -> str:
    return ", ".join(literal(v) for v in values) if isinstance(values, list) else literal(values)


def _nodes(tree: object) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)


def _with(node: dict[str, Any]) -> list[dict[str, str]]:
    found = node.get("cte_map")
    return list(found["map"]) if isinstance(found, dict) else []
