"""CRM.COM in the marts: purchases are orders, jobs work orders, leads the nearest to quotations."""

from __future__ import annotations

from pipelines.transform.dbt_process import invoke
from pipelines.transform.profile import opened
from tests.pipelines.crm_com_world import of, world
from tests.pipelines.model_world import day

OURS = "vendor = 'crm_com'"


def test_a_purchase_is_an_order() -> None:
    assert world().rows(
        "SELECT order_key, order_number, reference, created_on, quotation_count, step, outcome, "
        f"first_seen_at, step_entered_at, coverage_since FROM sales.orders WHERE {OURS} ORDER BY 1"
    ) == [
        (f"crm_com\x1f{key}", number, reference, made, 0, step, outcome, seen, entered, day(1))
        for key, number, reference, made, step, outcome, seen, entered in [
            ("S1", "PU1", "R 1", of(2), "CANCELLED", "lost", day(2), day(5)),
            ("S2", "PU2", "WEB-2", of(3), "POSTED", "won", day(2), day(2)),
            ("S3", "PU3", None, None, None, None, day(3), None),
            ("S4", "PU4", None, None, None, None, day(3), None),
        ]
    ] + [("west\x1fS1", "PU1", None, of(2), 0, None, None, day(2), None, day(1))]


def test_a_job_is_a_work_order() -> None:
    assert world().rows(
        "SELECT work_order_number, due_on, installation_on, closed_on, is_closed, workflow, "
        f"installation_team, step, stage, outcome FROM sales.work_orders WHERE {OURS}"
    ) == [("J 1", of(8), of(6), of(6), True, "REPAIR", "CREW 2", "COMPLETED", "Completed", "won")]
    assert world().rows(
        "SELECT step_number, step, entered_at, left_at, time_source FROM sales.document_steps "
        f"WHERE {OURS} AND document_type = 'work_order' ORDER BY 1"
    ) == [
        (1, "IN PROGRESS", day(2), day(6), "observed"),
        (2, "COMPLETED", day(6), None, "observed"),
    ]


def test_a_lead_is_the_nearest_to_a_quotation() -> None:
    assert world().rows(
        "SELECT quotation_number, title, sales_rep, created_on, step FROM sales.quotations "
        f"WHERE {OURS} ORDER BY 1"
    ) == [
        # an object with a name, a word, a state of its own
        ("L1", "Would like a kitchen", "CARRIE DOE", of(2), "QUALIFIED"),
        ("L2", "Kitchen", "BO", of(2), "OPEN"),
        ("L3", None, None, None, "HOT"),
    ]


def test_the_customer_is_the_account_s_owner() -> None:
    assert world().rows(
        "SELECT o.order_key, c.customer_name, c.phone, c.address, c.city, "
        "c.customer_since_on::VARCHAR FROM sales.orders AS o "
        f"LEFT JOIN sales.customers AS c USING (customer_key) WHERE o.{OURS} ORDER BY 1"
    ) == [
        ("crm_com\x1fS1", "Ann Roy", "1 250 111 2222", "1 OLD ROAD", "CEDAR", "2015-02-03"),
        ("crm_com\x1fS2", "Strata Ltd", None, None, None, None),
        ("crm_com\x1fS3", "The Mill", None, None, None, None),
        # without an owner the account stands in; without the contact, its name
        ("crm_com\x1fS4", "Ownerless Ltd", None, None, None, None),
        ("west\x1fS1", "Someone West", None, None, None, None),
    ]


def test_a_lead_s_customer_is_its_contact_or_its_account_s_owner() -> None:
    assert world().rows(
        "SELECT q.quotation_number, c.customer_name FROM sales.quotations AS q "
        f"LEFT JOIN sales.customers AS c USING (customer_key) WHERE q.{OURS} ORDER BY 1"
    ) == [("L1", "Strata Ltd"), ("L2", "Nobody Yet"), ("L3", "Ann Roy")]


def test_lines_belong_to_the_version_that_is_current() -> None:
    assert world().rows(
        "SELECT purchase_id, purchase_product_id, total_amount FROM crm_com.purchase_products"
    ) == [("S1", "L1", 105)]
    assert world().rows("SELECT contact_id, count(*) FROM crm_com.contact_phones GROUP BY 1") == [
        ("C1", 2)
    ]


def test_nothing_that_must_not_be_kept_has_a_column() -> None:
    assert (
        world().rows(
            "SELECT * FROM duckdb_columns() WHERE column_name IN "
            "('social_security_number', 'passport_number', 'id_number')"
        )
        == []
    )


def test_rules_hold_in_dbts_unit_tests() -> None:
    built = world()
    dbt = built.folder / "dbt"
    with opened(built.warehouse, built.raw, dbt / "inputs.duckdb"):
        results = invoke(
            ["test", "--select", "path:models/staging/crm_com,test_type:unit"],
            dbt / "project",
            dbt,
        )
    assert len(results) == 2
    assert {str(result.status) for result in results} == {"pass"}
