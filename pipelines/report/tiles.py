"""The numbers at the top of the page: sums over all vendors, each sale once, no currency mixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import duckdb

from notebooks.figures import OLD_AFTER_DAYS
from notebooks.figures import week as figures


@dataclass(frozen=True)
class Value:
    """One figure of a tile; the unit stands before it, small."""

    figure: str
    unit: str = ""


@dataclass(frozen=True)
class Tile:
    """What is asked, the answer, and what puts it into proportion."""

    label: str
    values: tuple[Value, ...]
    note: str


def tiles(con: duckdb.DuckDBPyConnection, as_of: datetime) -> list[Tile]:
    """The tiles of a published file, in the order in which a sale happens.

    A question that no vendor here can answer has no tile.
    """
    (week,) = figures.week(con, as_of).to_pylist()
    sales = figures.sales(con, as_of).to_pylist()
    debts = figures.debts(con).to_pylist()
    found = [
        Tile(
            "Sold this month",
            tuple(_money(row["this_month_amount"], row["currency_code"]) for row in sales),
            f"{_listed(sales, 'last_month_amount')} by this day last month",
        )
        if sales
        else None,
        Tile(
            "Open quotations",
            (Value(f"{week['open_quotation_count']:,}"),),
            f"{week['old_quotation_count']:,} older than {OLD_AFTER_DAYS} days",
        ),
        Tile(
            "Won in 7 days",
            (Value(f"{week['won_count']:,}"),),
            f"{week['lost_count']:,} lost",
        ),
        Tile(
            "Late",
            (Value(f"{week['late_order_count'] + week['late_work_order_count']:,}"),),
            f"{_counted(week['late_order_count'], 'order')} and "
            f"{_counted(week['late_work_order_count'], 'work order')} past their due day",
        )
        if week["dated_count"]
        else None,
        Tile(
            "Overdue",
            tuple(_money(row["overdue_amount"], row["currency_code"]) for row in debts),
            f"of {_listed(debts, 'open_amount')} that customers owe",
        )
        if debts
        else None,
    ]
    return [tile for tile in found if tile is not None]


def _money(amount: Decimal | None, currency: str | None) -> Value:
    return Value(f"{amount or 0:,.0f}", currency or "no currency")


def _listed(rows: Sequence[dict[str, Decimal | str | None]], name: str) -> str:
    """Amounts of several currencies, side by side."""
    said = []
    for row in rows:
        amount, currency = row[name], row["currency_code"]
        unit = f"{currency} " if len(rows) > 1 and currency else ""
        said.append(f"{unit}{amount or 0:,.0f}")
    return ", ".join(said)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
