"""The marts that checks may name, and what follows from one row per thing: the key of each.

Their other checks are in `sales.yml`, and a project's own in `checks/sales.yml`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipelines.audit.checks import Fact, Severity

SALES = "sales"

# what a row of each mart is known by
MARTS: Mapping[str, Sequence[str]] = {
    "customers": ("customer_key",),
    "sales_reps": ("sales_rep_key",),
    "quotations": ("quotation_key",),
    "orders": ("order_key",),
    "order_lines": ("order_line_key",),
    "work_orders": ("work_order_key",),
    "invoices": ("invoice_key",),
    "invoice_lines": ("invoice_line_key",),
    "payments": ("payment_key",),
    "document_steps": ("document_type", "document_key", "step_number"),
    "document_links": ("from_type", "from_key", "to_type", "to_key", "found_by"),
    "sales_pipeline": ("deal_key",),
    "funnel_monthly": ("vendor", "month"),
    "step_durations": ("vendor", "document_type", "step"),
    "win_rate_by_rep": ("vendor", "sales_rep_key"),
    "order_lead_times": ("order_key",),
    "receivables_ageing": ("vendor", "currency_code", "ageing_bucket"),
    "vendor_freshness": ("vendor", "connection"),
}
# a month nobody knows, a sales rep nobody names, a currency nobody says
MAYBE_EMPTY = {
    "funnel_monthly": ("month",),
    "win_rate_by_rep": ("sales_rep_key",),
    "receivables_ageing": ("currency_code",),
}


def mart_facts() -> Iterator[Fact]:
    """The base checks of the marts: no file can switch them off."""
    for mart, key in MARTS.items():
        listed = ", ".join(key)
        yield _fact(
            mart,
            "key_unique",
            "The same thing stands in the mart more than once, so counts and sums are too high.",
            f"select {listed}, count(*) as times\nfrom sales.{mart}\ngroup by {listed}\n"
            f"having count(*) > 1\norder by {listed}",
        )
        given = [name for name in key if name not in MAYBE_EMPTY.get(mart, ())]
        missing = "\n    or ".join(f"{name} is null" for name in given)
        yield _fact(
            mart,
            "key_present",
            "A row of the mart has no key, so nothing can be joined to it.",
            f"select *\nfrom sales.{mart}\nwhere {missing}",
        )


def _fact(mart: str, name: str, means: str, failing: str) -> Fact:
    return Fact(
        name=name,
        vendor=SALES,
        table=mart,
        severity=Severity.CRITICAL,
        means=means,
        failing=failing,
    )
