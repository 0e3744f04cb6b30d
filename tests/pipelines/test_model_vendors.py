"""A vendor that comes along edits no mart; rules with a branch are told by dbt's unit tests."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from pipelines.transform import build
from pipelines.transform.dbt_process import invoke
from pipelines.transform.profile import opened
from pipelines.transform.project import HAND_WRITTEN
from sources._tables.declare import Child, Column, Kind, Table, VersionBy
from sources.cienapps.tables import TABLES
from tests.pipelines.model_world import AS_OF, World, day, world, write_maps
from tests.pipelines.raw_file import RawFile

TOYS = Table(
    name="offers",
    description="Offers {% of %} toys {{ here }}.",
    key=("shop", "number"),
    version_by=VersionBy.SEEN,
    columns=(
        Column(name="shop", wire="s", kind=Kind.TEXT, required=True, description="The shop."),
        Column(name="number", wire="n", kind=Kind.INTEGER, required=True, description="Its {{n}}."),
        Column(name="order", wire="o", kind=Kind.TEXT, description="A reserved word."),
    ),
    children=(
        Child(
            name="labels",
            wire="l",
            description="Labels.",
            columns=(Column(name="label", wire="$", kind=Kind.TEXT, description="A label."),),
        ),
        Child(
            name="wheels",
            wire="w",
            description="Wheels.",
            key=("wheel",),
            columns=(
                Column(name="wheel", wire="n", kind=Kind.INTEGER, description="Its place."),
                Column(name="tyre", wire="t", kind=Kind.JSON, within=("x",), description="Tyre."),
            ),
        ),
    ),
    swept=True,
)
STAGING = {
    "quotations": """
        select 'toy' as vendor, connection, _key as document_key,
          shop || '-' || number as document_number, "order" as title, null as reference,
          null as purchase_order, null as sales_rep, null as rep, null as created_on,
          null as validated_on, null as closed_on
        from {{ ref('toy__offers') }}""",
    "document_versions": """
        select 'toy' as vendor, connection, _key as document_key,
          shop || '-' || number as document_number, 'quotation' as document_type,
          'offers' as table_name,
          row_number() over (partition by _key order by _version) as version_number,
          "order" as step, valid_from, is_current, 'recorded' as time_source
        from {{ ref('history__toy__offers') }}""",
}


@pytest.fixture(scope="module")
def two_vendors(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Cienapps beside a toy vendor that brings its declarations and two staging models."""
    folder = tmp_path_factory.mktemp("vendors")
    models = folder / "models_of_ours"
    shutil.copytree(HAND_WRITTEN, models, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    staging = models / "models" / "staging" / "toy"
    staging.mkdir()
    for entity, sql in STAGING.items():
        (staging / f"stg_toy__{entity}.sql").write_text(sql, encoding="utf-8")
    vendors = {"cienapps": TABLES, "toy": (TOYS,)}
    with RawFile(folder / "raw.duckdb", vendors) as file:
        file.page("quotations", day(1), {"quotation_number": 1, "sync_id": 1, "title": "KITCHEN"})
        offer = {"shop": "A", "number": 7, "labels": ["x", "y"]}
        offer["wheels"] = [
            {"wheel": 2, "tyre": '{"inch": [16]}', "_extra": {"x": {"colour": "red"}}},
            {"wheel": 1},
        ]
        for seen, step in ((day(1), "NEW"), (day(2), "SENT")):
            file.page("offers", seen, {**offer, "order": step}, vendor="toy", connection="toyland")
        whose = {"connection": "toyland", "vendor": "toy", "table_name": "offers"}
        file.ops("deletions", _key="toyland\x1fA\x1f7", deleted_at=day(3), **whose)
    write_maps(folder / "maps")
    raw, target = folder / "raw.duckdb", folder / "next" / "warehouse.duckdb"
    report = build(
        raw, target, vendors, folder / "maps", folder / "dbt", AS_OF, "r", hand_written=models
    )
    return World(folder, raw, target, report)


def test_a_new_vendor_is_in_the_marts(two_vendors: World) -> None:
    assert two_vendors.rows(
        "SELECT vendor, connection, quotation_number, title, step, step_entered_at "
        "FROM sales.quotations ORDER BY vendor"
    ) == [
        ("cienapps", "cienapps", "1", "KITCHEN", None, None),
        ("toy", "toyland", "A-7", "SENT", "SENT", day(2)),
    ]
    assert two_vendors.rows(
        "SELECT step, days_in_step, time_source FROM sales.document_steps ORDER BY step_number"
    ) == [("NEW", 1.0, "recorded"), ("SENT", 8.0, "recorded")]


def test_a_new_vendor_has_its_own_schema_and_history(two_vendors: World) -> None:
    assert two_vendors.rows('SELECT shop, number, "order" FROM toy.offers') == [("A", 7, "SENT")]
    assert two_vendors.rows(
        "SELECT shop, number, label, line_number FROM toy.labels ORDER BY 4"
    ) == [
        ("A", 7, "x", 1),
        ("A", 7, "y", 2),
    ]
    assert two_vendors.report.rows["history.toy__offers"] == 2
    assert two_vendors.report.rows["history.toy__labels"] == 4


def test_lines_that_are_objects_have_their_columns_and_their_unknown_fields(
    two_vendors: World,
) -> None:
    assert two_vendors.rows(
        "SELECT shop, number, line_number, wheel, tyre->>'$.inch[0]', "
        "unknown_fields->>'$.x.colour' FROM toy.wheels ORDER BY line_number"
    ) == [("A", 7, 1, 2, "16", "red"), ("A", 7, 2, 1, None, None)]
    assert two_vendors.rows(
        "SELECT column_name, data_type, comment FROM duckdb_columns() WHERE schema_name = 'history'"
        " AND table_name = 'toy__wheels' AND column_name IN ('tyre', 'unknown_fields') ORDER BY ALL"
    ) == [
        ("tyre", "JSON", "Tyre."),
        (
            "unknown_fields",
            "JSON",
            "Fields that the vendor sent and no column is declared for; NULL when none.",
        ),
    ]


def test_lines_of_a_deleted_document_say_so_too(two_vendors: World) -> None:
    for table in ("offers", "labels", "wheels"):
        assert two_vendors.rows(f"SELECT DISTINCT deleted_at FROM toy.{table}") == [(day(3),)]
        with pytest.raises(duckdb.BinderException):
            two_vendors.rows(f"SELECT deleted_at FROM history.toy__{table}")


def test_descriptions_are_published_as_they_are_declared(two_vendors: World) -> None:
    assert two_vendors.rows(
        "SELECT comment FROM duckdb_tables() WHERE schema_name = 'toy' AND table_name = 'offers'"
    ) == [
        (
            "Offers {% of %} toys {{ here }}. As it is now, or was when it was deleted: those have "
            "deleted_at.",
        )
    ]
    assert two_vendors.rows(
        "SELECT column_name, comment FROM duckdb_columns() WHERE schema_name = 'toy' "
        "AND table_name = 'offers' AND column_name IN ('number', 'order') ORDER BY ALL"
    ) == [("number", "Its {{n}}."), ("order", "A reserved word.")]


def test_rules_hold_in_dbts_unit_tests() -> None:
    built = world()
    dbt = built.folder / "dbt"
    with opened(built.warehouse, built.raw, dbt / "inputs.duckdb"):
        results = invoke(["test", "--select", "test_type:unit"], dbt / "project", dbt)
    assert len(results) == 12
    assert {str(result.status) for result in results} == {"pass"}


@pytest.mark.parametrize(
    ("name", "tables", "said"),
    [
        ("sales", (), "cannot be called sales"),
        (
            "toy",
            (
                Table(
                    name="t",
                    description="T.",
                    key=("connection",),
                    version_by=VersionBy.SEEN,
                    columns=(
                        Column(
                            name="connection",
                            wire="c",
                            kind=Kind.TEXT,
                            required=True,
                            description="C.",
                        ),
                    ),
                ),
            ),
            "table t declares columns that the published tables add themselves: connection",
        ),
    ],
    ids=["a schema of ours", "a column of ours"],
)
def test_names_that_the_warehouse_needs_are_refused(
    tmp_path: Path, name: str, tables: tuple[Table, ...], said: str
) -> None:
    with RawFile(tmp_path / "raw.duckdb", {}):
        pass
    target = tmp_path / "next" / "warehouse.duckdb"
    with pytest.raises(ValueError, match=said):
        build(tmp_path / "raw.duckdb", target, {name: tables}, tmp_path, tmp_path, AS_OF, "r")
