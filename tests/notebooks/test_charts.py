"""The drawings: they say what the table says, fit where they go, and never fail on nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import vl_convert

from notebooks import charts, figures
from notebooks.look import COLOURS, Drawing
from notebooks.published import opened

from .published import AS_OF

Chart = Callable[..., Drawing]
EVERY_CHART = [
    pytest.param(figures.stages, charts.stages_chart, id="stages"),
    pytest.param(figures.time_in_step, charts.time_in_step_chart, id="time in step"),
    pytest.param(
        lambda con: figures.orders_per_month(con, AS_OF),
        charts.orders_per_month_chart,
        id="orders per month",
    ),
    pytest.param(figures.funnel, charts.funnel_chart, id="funnel"),
    pytest.param(
        lambda con: figures.quotation_ageing(con, AS_OF),
        charts.quotation_ageing_chart,
        id="quotation ageing",
    ),
    pytest.param(figures.win_rates, charts.win_rate_chart, id="win rate"),
    pytest.param(figures.lead_times, charts.lead_times_chart, id="lead times"),
    pytest.param(
        lambda con: figures.order_value(con, AS_OF), charts.order_value_chart, id="order value"
    ),
    pytest.param(figures.receivables, charts.receivables_chart, id="receivables"),
    pytest.param(figures.audit_trend, charts.audit_trend_chart, id="audit trend"),
]
SCRIPT = "<script>alert(1)</script>"


def svg(chart: Drawing) -> str:
    drawn: str = vl_convert.vegalite_to_svg(chart.to_json(), allowed_base_urls=[])
    return drawn


def words(drawing: str) -> list[str]:
    return re.findall(r"<t(?:ext|span)[^>]*>([^<]+)<", drawing)


@pytest.mark.parametrize(("figure", "chart"), EVERY_CHART)
@pytest.mark.parametrize("width", [330, 508])
def test_a_chart_fits_its_width_in_the_house_colours(
    warehouse: Path, figure: Callable[[Any], pa.Table], chart: Chart, width: int
) -> None:
    with opened(warehouse) as con:
        drawn = svg(chart(figure(con), width=width))
    size = re.search(r'<svg[^>]* width="([\d.]+)"', drawn)
    assert size is not None
    assert 0.8 * width < float(size[1]) <= width
    used = set(re.findall(r'(?:fill|stroke)="(#\w+|\w+)"', drawn)) - {"none", "transparent"}
    assert used <= set(COLOURS.values())  # or a dark page could not re-colour it
    assert "href" not in drawn.replace("xmlns:xlink", "")


@pytest.mark.parametrize(("figure", "chart"), EVERY_CHART)
def test_a_chart_of_nothing_says_so(
    empty_warehouse: Path, figure: Callable[[Any], pa.Table], chart: Chart
) -> None:
    with opened(empty_warehouse) as con:
        assert words(svg(chart(figure(con), width=330))) == ["Nothing to show yet"]


def test_bars_carry_their_counts(warehouse: Path) -> None:
    with opened(warehouse) as con:
        figure = figures.stages(con)
    drawn = words(svg(charts.stages_chart(figure)))
    for row in figure.to_pylist():
        assert (row["stage"] or "Step not mapped") in drawn
        assert str(row["documents"]) in drawn
    assert "Quotations: 220" in drawn


def test_a_part_is_marked_in_every_drawing(warehouse: Path) -> None:
    with opened(warehouse) as con:
        stages, stays = figures.stages(con), figures.time_in_step(con)
        months = figures.orders_per_month(con, AS_OF).to_pylist()
    late = [row | {"part": "not loaded"} for row in months]
    orders = pa.Table.from_pylist([*months, *(row | {"vendor": "other"} for row in late)])
    part = {"cienapps"}
    assert "Quotations · incomplete: 220" in words(svg(charts.stages_chart(stages, partial=part)))
    assert "Quotations · incomplete" in words(svg(charts.time_in_step_chart(stays, partial=part)))
    drawn = words(svg(charts.orders_per_month_chart(orders, partial={"other"})))
    assert {"cienapps", "other · incomplete", "Not loaded yet: incomplete"} <= set(drawn)


def test_a_document_without_a_step_is_not_an_unmapped_one() -> None:
    row = {"vendor": "v", "document_type": "order", "stage": None, "outcome": None, "documents": 1}
    rows = [row | {"has_step": True}, row | {"has_step": False}]
    drawn = words(svg(charts.stages_chart(pa.Table.from_pylist(rows))))
    assert {"Step not mapped", "No step", "Orders: 2"} <= set(drawn)


def test_stages_stand_in_their_order(warehouse: Path) -> None:
    with opened(warehouse) as con:
        drawn = words(svg(charts.stages_chart(figures.stages(con))))
    places = [drawn.index(stage) for stage in ("Meeting", "Quoting", "Sent", "Won", "Lost")]
    assert places == sorted(places)


def test_time_in_step_shows_medians_and_stays(warehouse: Path) -> None:
    with opened(warehouse) as con:
        figure = figures.time_in_step(con)
    drawn = words(svg(charts.time_in_step_chart(figure)))
    for row in figure.to_pylist():
        assert f"{charts.days(row['median_days'])} ({row['stays']})" in drawn
    assert {"0", "20", "120"} <= set(drawn)  # the days along the axis
    assert "as fine as the polling" in charts.TIME_IN_STEP_NOTE


def test_long_steps_that_begin_alike_stay_apart() -> None:
    stay = {
        "vendor": "v", "document_type": "order", "stage_order": 1, "is_still_there": False,
        "stays": 1, "lower_quartile_days": 1.0, "median_days": 2.0, "upper_quartile_days": 3.0,
    }  # fmt: skip
    alike = "01 READY FOR PROCESSING, DO NOT ORDER BEFORE "
    rows = [stay | {"step": f"{alike}{day}", "stays": n} for n, day in enumerate(("MAY", "JUNE"))]
    drawn = svg(charts.time_in_step_chart(pa.Table.from_pylist(rows)))
    places = re.findall(r'translate\(([\d.]+),([\d.]+)\)"[^>]*>2\.0 \(\d\)<', drawn)
    assert len(set(places)) == 2


def test_orders_own_up_to_what_has_no_date(warehouse: Path) -> None:
    with opened(warehouse) as con:
        assert "1 without a date" in charts.orders_note(figures.orders_per_month(con, AS_OF))


def test_text_of_a_vendor_is_escaped_in_a_drawing() -> None:
    stay = {
        "vendor": "v",
        "document_type": "order",
        "step": SCRIPT,
        "stage_order": 1,
        "is_still_there": False,
        "stays": 1,
        "lower_quartile_days": 0.0,
        "median_days": 0.0,
        "upper_quartile_days": 0.0,
    }
    stage = {
        "vendor": SCRIPT,
        "document_type": "order",
        "stage": SCRIPT,
        "stage_order": 1,
        "outcome": "open",
        "has_step": True,
        "documents": 1,
    }
    month = {"vendor": SCRIPT, "month": AS_OF.date(), "orders": 1, "part": "so far"}
    for chart, rows in (
        (charts.time_in_step_chart, [stay]),
        (charts.stages_chart, [stage, stage | {"vendor": "other"}]),
        (charts.orders_per_month_chart, [month, month | {"vendor": "other"}]),
    ):
        drawn = svg(chart(pa.Table.from_pylist(rows)))
        assert "<script" not in drawn
        assert "&lt;script&gt;" in drawn


def test_several_vendors_get_a_panel_each() -> None:
    rows = [
        {
            "vendor": vendor,
            "document_type": "order",
            "stage": "Open",
            "stage_order": 1,
            "outcome": "open",
            "has_step": True,
            "documents": number,
        }
        for vendor, number in (("one", 3), ("two", 4))
    ]
    drawn = words(svg(charts.stages_chart(pa.Table.from_pylist(rows))))
    assert {"Orders · one: 3", "Orders · two: 4"} <= set(drawn)
    assert "7" not in drawn


@pytest.mark.parametrize(
    ("days", "written"), [(0.04, "0.0"), (3.14159, "3.1"), (9.97, "10"), (41.6, "42")]
)
def test_days_are_written_as_one_reads_them(days: float, written: str) -> None:
    assert charts.days(days) == written
