"""Models of the user's: added, in the place of ours, and what is said when they are wrong."""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from pipelines.transform import BuildReport, ModelFailed, build
from pipelines.transform.project import HAND_WRITTEN
from tests.house import House
from tests.pipelines.model_world import AS_OF, STEPS, VENDORS, World, world, write_maps

DOCUMENT = Path(__file__).parents[2] / "docs" / "models.md"
EXAMPLE = re.compile(r"`(models/\w+[.]\w+)`:\n\n```\w+\n(.*?)```", re.DOTALL)
DESCRIBED = (
    "SELECT schema_name, table_name, column_name, data_type, comment FROM duckdb_columns() "
    "WHERE NOT internal"
)
HIDDEN = "{{ config(materialized='ephemeral') }} "


@cache
def project() -> Path:
    """The small company's raw file and maps in a project of its own, once per test process."""
    folder = Path(tempfile.mkdtemp(prefix="penstock-own-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copy(world().raw, folder / "raw.duckdb")
    write_maps(folder / "maps", steps=STEPS)
    return folder


def built(files: Mapping[str, str]) -> World:
    """Builds that project with these files of the user's in it, and no others."""
    folder = project()
    write(folder, files)
    target = folder / "next" / "warehouse.duckdb"
    target.unlink(missing_ok=True)
    return World(folder, folder / "raw.duckdb", target, made(folder, target))


def made(folder: Path, target: Path) -> BuildReport:
    return build(
        folder / "raw.duckdb",
        target,
        VENDORS,
        folder / "maps",
        folder / "dbt",
        AS_OF,
        "run-1",
        models_dir=folder / "models",
        macros_dir=folder / "macros",
    )


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name in ("models", "macros"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def test_the_documents_example_does_what_it_says() -> None:
    files = dict(EXAMPLE.findall(DOCUMENT.read_text(encoding="utf-8")))
    assert len(files) == 3
    said = built(files)
    assert said.rows("FROM own.quotations_to_chase") == [
        # it came back to quoting on the third, the build is of the tenth
        ("6122", "THÉBERGE ET FILS", "(250) 111-2222", "British Columbia", "02 - quoting stage", 7)
    ]
    assert said.rows("SELECT province, count(*) FROM sales.customers GROUP BY 1 ORDER BY 1") == [
        ("British Columbia", 1),
        (None, 1),
    ]
    before, after = set(world().rows(DESCRIBED)), set(said.rows(DESCRIBED))
    assert before - after == set()  # nothing of ours is missing, moved or has lost its comment
    added = {
        (f"{schema}.{table}", column): said for schema, table, column, _, said in after - before
    }
    assert added.pop(("sales.customers", "province")).startswith("Quebec, Ontario or British Col")
    assert added.pop(("own.quotations_to_chase", "days_in_step")).startswith("Whole days since")
    assert {table for table, _ in added} == {"own.quotations_to_chase"}


REPLACED = {
    "models/stg_cienapps__orders.sql": """SELECT * FROM {{ ref('ours__stg_cienapps__orders') }}
        WHERE document_number <> '4701'""",
    "models/int_deals.sql": "SELECT * REPLACE ('d' AS deal_key) FROM {{ ref('ours__int_deals') }}",
    "models/vendors/cienapps__quotations.sql": """SELECT * REPLACE (lower(title) AS title)
        FROM {{ ref('ours__cienapps__quotations') }}""",
    # without a column that ours describes
    "models/work_orders.sql": "SELECT * EXCLUDE (workflow) FROM {{ ref('ours__work_orders') }}",
}
ADDED = {
    "models/helper.sql": HIDDEN + "SELECT {{ shout('title') }} AS t FROM {{ ref('orders') }}",
    "macros/mine.sql": "{% macro shout(x) %}upper({{ x }}) || '!'{% endmacro %}",
    "models/titles.sql": "{{ config(schema='finance') }} FROM {{ ref('helper') }} -- end",
    "models/titles.yml": """models: [{name: titles, description: "{{ doc('loud') }}", columns: [
        {name: t, description: A title.}, {name: gone, description: Is not there.}]}]""",
    "models/texts.md": "{% docs loud %}Titles, loud.{% enddocs %}",
}


def test_every_kind_of_ours_can_be_replaced_and_what_reads_it_reads_the_users() -> None:
    said = built(REPLACED | ADDED)
    deals = project() / "dbt" / "project" / "models" / "intermediate" / "int_deals.sql"
    assert "materialized='scratch'" in deals.read_text(encoding="utf-8")  # as ours says of itself
    assert said.rows("SELECT DISTINCT order_number, deal_key FROM sales.orders") == [("4700", "d")]
    assert said.rows("SELECT title FROM cienapps.quotations WHERE title IS NOT NULL") == [("new",)]
    assert said.rows(
        "SELECT column_name FROM duckdb_columns() WHERE table_name = 'work_orders' AND "
        "schema_name = 'sales' AND column_name IN ('workflow', 'work_order_key')"
    ) == [("work_order_key",)]
    assert said.rows("SELECT DISTINCT t FROM finance.titles WHERE t IS NOT NULL") == [("KITCHEN!",)]
    assert said.rows(
        "SELECT t.comment, c.comment FROM duckdb_tables() t JOIN duckdb_columns() c "
        "USING (schema_name, table_name) WHERE schema_name = 'finance'"
    ) == [("Titles, loud.", "A title.")]
    schemas = said.rows("SELECT schema_name FROM duckdb_schemas() WHERE NOT internal")
    assert {name for (name,) in schemas} - {"main"} == {
        "cienapps",
        "finance",
        "history",
        "ops",
        "sales",
    }


ORDERS = "FROM {{ ref('orders') }}"
WRONG = {
    "two of one name": (
        {"models/a.sql": "SELECT 1 AS x", "models/more/a.sql": "SELECT 1 AS x"},
        ["models/more/a.sql: models/a.sql has the same name"],
    ),
    "no names": (
        {"models/My Model.sql": ORDERS, "models/ours__orders.sql": ORDERS},
        ["2 problems", "models/My Model.sql: My Model is no name", "ours__orders.sql: names that"],
    ),
    "not read": (
        {"models/a.py": "", "models/a.yaml": "", "macros/a.md": "", "models/b.sql": " \n"},
        ["models/a.py: not", "models/a.yaml: not", "macros/a.md: not read", "models/b.sql: empty"],
    ),
    "no macro": ({"macros/a.sql": ORDERS}, ["macros/a.sql: defines no macro"]),
    "no YAML": ({"models/a.yml": "models:\n  - name: ["}, ["models/a.yml, line 2: not YAML"]),
    "YAML of another shape": (
        {
            "models/a.yml": "models: {name: a}",
            "models/b.yml": "- a",
            "models/c.yml": "models: [{name: c, columns: [x]}]",
            "models/d.yml": "models: [{name: d, config: [x]}]",
        },
        [
            "models/a.yml: `models:` is a list",
            "models/b.yml: says nothing",
            "models/c.yml: c: `columns:` is a list",
            "models/d.yml: d: `config:` is a mapping",
        ],
    ),
    "described and not there": (
        {"models/a.yml": "models: [{name: orders}]"},
        ["models/a.yml: describes orders, and models/ has no orders.sql"],
    ),
    "moved by its description": (
        {
            "models/orders.sql": ORDERS,
            "models/a.yml": "models: [{name: orders, config: {schema: own}}]",
        },
        ["models/a.yml: orders takes the place of ours", "it cannot say schema"],
    ),
    "moved": (
        {
            "models/customers.sql": "{{ config(alias='c', materialized='table') }} SELECT 1 AS x",
            "models/win_rate_by_rep.sql": "{{ config(enabled=false) }} SELECT 1 AS x",
            "models/int_orders.sql": "{{ config(materialized='published') }} SELECT 1 AS x",
        },
        [
            "models/customers.sql: customers takes the place of ours",
            "cannot say alias and materialized",
            "models/win_rate_by_rep.sql: win_rate_by_rep takes the place of ours",
            "cannot say enabled",
            "models/int_orders.sql: int_orders takes the place of ours",
        ],
    ),
    "schemas that are not the user's": (
        {
            "models/a.sql": "{{ config(schema='sales') }} SELECT 1 AS x",
            "models/b.sql": "{{ config(schema='cleo') }} SELECT 1 AS x",  # connected or not
            "models/c.sql": "SELECT 1 AS x",
            "models/c.yml": "models: [{name: c, config: {schema: temp}}]",
            "models/d.sql": "{{ config(schema='My Own') }} SELECT 1 AS x",
            "models/e.sql": "{{ config(database='scratch') }} SELECT 1 AS x",
        },
        [
            "models/a.sql: schema sales is ours",
            "models/b.sql: schema cleo is ours",
            "models/c.sql: schema temp is ours",
            "models/d.sql: My Own is no name",
            "models/e.sql: says database='scratch'",
        ],
    ),
    "a view": (
        {"models/a.sql": "{{ config(materialized='view') }} SELECT 1 AS x"},
        ["models/a.sql: says materialized='view'", "materialized='ephemeral'"],
    ),
    "a table of ours": (
        {"models/a.sql": "{{ config(schema='sales', alias='orders') }} SELECT 1 AS x"},
        ["models/a.sql", '"sales"."orders"'],
    ),
    "a circle": (
        {"models/a.sql": "FROM {{ ref('b') }}", "models/b.sql": "FROM {{ ref('a') }}"},
        ["a cycle: models/", "models/a.sql", "models/b.sql"],
    ),
    "not there": ({"models/sub/a.sql": "FROM {{ ref('nah') }}"}, ["(models/sub/a.sql)", "'nah'"]),
    "Jinja": ({"models/a.sql": "SELECT {{ ref('orders' }}"}, ["(models/a.sql)", "expected ')'"]),
    "Jinja in a macro": (
        {"macros/a.sql": "{% macro a() %}{{ a b }}{% endmacro %}"},
        ["macros/a.sql: ", "got 'b'"],
    ),
    "an end that is missing": (
        {"models/a.md": "{% docs a %}"},
        ["models/a.md: ", "close tag for docs"],
    ),
    "a macro of ours": (
        {"macros/a.sql": "{% macro newest_only() %}{% endmacro %}"},
        ["- macros/a.sql", "newest_only"],
    ),
    "an inlined one that does not compile": (
        {"models/a.sql": HIDDEN + "SELECT {{ nah() }}", "models/b.sql": "FROM {{ ref('a') }}"},
        ["a: Compilation Error in model a (models/a.sql)", "'nah' is undefined"],
    ),
    "refused by DuckDB": (
        {"models/a.sql": "SELECT nah FROM {{ source('inputs', 'build') }}"},
        ["a: Runtime Error in model a (models/a.sql)", 'Referenced column "nah" not found'],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_by_the_users_names(files: dict[str, str], said: list[str]) -> None:
    with pytest.raises(ModelFailed) as failure:
        built(files)
    told = str(failure.value)
    assert [part for part in said if part not in told] == []
    assert "models/own" not in told
    assert re.search(r"(?i)nothing new is published", told)
    assert failure.value.next_command == "penstock run"
    assert not (project() / "next" / "warehouse.duckdb").exists()


def test_where_ours_fails_for_what_replaces_another_the_users_file_is_named() -> None:
    with pytest.raises(
        ModelFailed, match=r"(?s)does not have a column.*models/customers[.]sql"
    ) as failure:
        built({"models/customers.sql": "SELECT 1 AS customer"})
    assert failure.value.next_command.startswith("less ")


def test_of_ours_a_column_that_is_described_must_be_there(tmp_path: Path) -> None:
    ours = tmp_path / "ours"
    shutil.copytree(HAND_WRITTEN / "macros", ours / "macros")
    shutil.copy(HAND_WRITTEN / "dbt_project.yml", ours)
    write_maps(tmp_path / "maps")
    (ours / "models" / "ops").mkdir(parents=True)
    (ours / "models" / "ops" / "a.sql").write_text("SELECT 1 AS x")
    described = "models: [{name: a, columns: [{name: x}, {name: gone, description: Is not.}]}]"
    (ours / "models" / "ops" / "a.yml").write_text(described)
    target = tmp_path / "next" / "warehouse.duckdb"
    raw = world().raw
    with pytest.raises(ModelFailed, match=r"(?s)models/ops/a.sql.*gone"):
        build(raw, target, {}, tmp_path / "maps", tmp_path, AS_OF, "r", hand_written=ours)


@pytest.mark.long
def test_a_run_sees_a_model_that_came_changed_or_went(house: House) -> None:
    added = "SELECT count(*) AS orders FROM {{ ref('orders') }}"
    replaced = "SELECT *, 1 AS one FROM {{ ref('ours__customers') }}"
    write(house.folder, {"models/late.sql": added, "models/customers.sql": replaced})
    house.run()
    first = house.published.resolve()
    assert house.ask("SELECT orders > 0, (SELECT min(one) FROM sales.customers) FROM own.late") == [
        (True, 1)
    ]

    write(house.folder, {"models/late.sql": "SELECT nah", "models/customers.sql": replaced})
    ended = house.penstock("run")
    assert ended.code == 1
    assert "(models/late.sql)" in ended.output
    assert house.published.resolve() == first

    write(house.folder, {})
    house.run()
    assert house.published.resolve() != first
    names = "SELECT DISTINCT schema_name FROM duckdb_columns() WHERE schema_name = 'own' OR "
    assert house.ask(f"{names} column_name = 'one'") == []
    left = (house.data / "work" / "dbt" / "project" / "models").rglob("*")
    assert [path.name for path in left if path.stem in ("own", "ours", "late")] == []
