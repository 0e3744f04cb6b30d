"""Sales pipeline: how far deals come, what waits, who wins, how long it takes, what it is worth.

`penstock notebook sales_pipeline`, or `marimo run notebooks/sales_pipeline.py` in the project
directory. PENSTOCK_WAREHOUSE names another published file. Every refresh opens the file that is
published then, reads, and closes it: a run may publish at any time.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Sales pipeline")


@app.cell
def _():
    from datetime import timedelta

    import marimo as mo

    from notebooks import charts, figures, headlines, layout, published

    return charts, figures, headlines, layout, mo, published, timedelta


@app.cell
def _(published):
    warehouse = published.warehouse_path()
    return (warehouse,)


@app.cell
def _(mo):
    refresh = mo.ui.refresh(options=["1m", "10m", "1h"], label="Refresh")
    return (refresh,)


@app.cell
def _(figures, mo, published, warehouse):
    # made once per visit: remade with each refresh, the filters would forget what was chosen
    try:
        with published.opened(warehouse) as _con:
            _connections, _people = figures.choices(_con)
    except FileNotFoundError:
        _connections, _people = [], []
    periods = {"All time": None, "Last 30 days": 30, "Last 90 days": 90, "Last 12 months": 365}
    connection_filter = mo.ui.multiselect(_connections, label="Vendor")
    person_filter = mo.ui.multiselect(_people, label="Rep")
    period_filter = mo.ui.dropdown(list(periods), value="All time", label="Made in")
    return connection_filter, period_filter, periods, person_filter


@app.cell
def _(connection_filter, period_filter, periods, person_filter):
    # outside marimo there is nothing to choose from: write here what the figures are to be about
    connections = tuple(connection_filter.value)
    people = tuple(person_filter.value)
    last_days = periods[period_filter.value]
    return connections, last_days, people


@app.cell
def _(mo, published, refresh, warehouse):
    refresh.value  # named here, so that a refresh runs this cell and all that follow from it
    try:
        with published.opened(warehouse) as _con:
            status = published.status_of(warehouse, _con)
        _nothing = "The published file does not say when the vendors were last read."
    except FileNotFoundError as missing:
        status, _nothing = None, str(missing)
    mo.stop(status is None, mo.callout(_nothing, kind="warn"))
    return (status,)


@app.cell
def _(connections, figures, last_days, people, published, status, timedelta, warehouse):
    as_of = status.as_of
    partial = published.partial_vendors(status, connections)
    selection = figures.Selection(
        connections=connections,
        people=people,
        since=None if last_days is None else (as_of - timedelta(days=last_days)).date(),
    )
    with published.opened(warehouse) as _con:
        headline = figures.headline(_con, as_of, selection)
        pipeline_value = figures.pipeline_value(_con, selection)
        funnel = figures.funnel(_con, selection)
        stages = figures.stages(_con, selection)
        quotation_ageing = figures.quotation_ageing(_con, as_of, selection)
        win_rates = figures.win_rates(_con, selection)
        time_in_step = figures.time_in_step(_con, selection)
        lead_times = figures.lead_times(_con, selection)
        orders_per_month = figures.orders_per_month(_con, as_of, selection)
        order_value = figures.order_value(_con, as_of, selection)
        receivables = figures.receivables(_con, selection)
        top_customers = figures.top_customers(_con, selection)
        oldest = figures.oldest_open_quotations(_con, as_of, selection)
        unmapped = figures.unmapped_steps(_con)
    return (
        funnel,
        headline,
        lead_times,
        oldest,
        order_value,
        orders_per_month,
        partial,
        pipeline_value,
        quotation_ageing,
        receivables,
        selection,
        stages,
        time_in_step,
        top_customers,
        unmapped,
        win_rates,
    )


@app.cell
def _(layout, refresh, status):
    layout.heading("Sales pipeline", status, refresh)
    return


@app.cell
def _(connection_filter, layout, period_filter, person_filter):
    layout.controls(connection_filter, person_filter, period_filter)
    return


@app.cell
def _(headline, headlines, layout, mo, partial, pipeline_value):
    mo.vstack(
        [
            layout.tiles(headlines.headlines(headline.to_pylist(), partial)),
            layout.amounts(pipeline_value),
        ]
    )
    return


@app.cell
def _(
    charts,
    funnel,
    lead_times,
    layout,
    order_value,
    orders_per_month,
    partial,
    quotation_ageing,
    receivables,
    stages,
    time_in_step,
    win_rates,
):
    def _card(name, title, chart, frame, note):
        return layout.card(name, title, chart, frame, note, partial)

    layout.columns(
        [
            _card("funnel", charts.FUNNEL_TITLE, charts.funnel_chart, funnel, charts.FUNNEL_NOTE),
            _card(
                "value",
                charts.ORDER_VALUE_TITLE,
                charts.order_value_chart,
                order_value,
                charts.order_value_note(order_value),
            ),
            _card(
                "orders",
                charts.ORDERS_TITLE,
                charts.orders_per_month_chart,
                orders_per_month,
                charts.orders_note(orders_per_month),
            ),
            _card("stages", charts.STAGES_TITLE, charts.stages_chart, stages, charts.STAGES_NOTE),
        ],
        [
            _card(
                "ageing",
                charts.QUOTATION_AGEING_TITLE,
                charts.quotation_ageing_chart,
                quotation_ageing,
                charts.QUOTATION_AGEING_NOTE,
            ),
            _card(
                "wins",
                charts.WIN_RATE_TITLE,
                charts.win_rate_chart,
                win_rates,
                charts.WIN_RATE_NOTE,
            ),
            _card(
                "owed",
                charts.RECEIVABLES_TITLE,
                charts.receivables_chart,
                receivables,
                charts.RECEIVABLES_NOTE,
            ),
            _card(
                "lead",
                charts.LEAD_TIMES_TITLE,
                charts.lead_times_chart,
                lead_times,
                charts.LEAD_TIMES_NOTE,
            ),
            _card(
                "stays",
                charts.TIME_IN_STEP_TITLE,
                charts.time_in_step_chart,
                time_in_step,
                charts.TIME_IN_STEP_NOTE,
            ),
        ],
    )
    return


@app.cell
def _(layout, mo, oldest, top_customers, unmapped):
    _tables = [
        mo.md("## Top customers\n\nWho ordered most, each currency for itself."),
        layout.table(top_customers),
        mo.md("## Oldest open quotations"),
        layout.table(oldest.drop_columns(["vendor"])),
    ]
    if unmapped.num_rows:
        _tables += [
            mo.md(
                "## Steps to map\n\nIn no list yet: a document that stands in one counts neither "
                "as open nor as settled. A line each in `maps/steps.csv` says what they mean."
            ),
            layout.table(unmapped),
        ]
    mo.vstack(_tables)
    return


if __name__ == "__main__":
    app.run()
