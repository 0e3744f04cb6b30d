"""Sales pipeline: where documents stand, how long they stay, how many orders come in.

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

    from notebooks import charts, figures, headlines, published
    from pipelines.clock import now

    return charts, figures, headlines, mo, now, published, timedelta


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
    connection_filter = mo.ui.multiselect(_connections, label="Connection")
    person_filter = mo.ui.multiselect(_people, label="Rep")
    period_filter = mo.ui.dropdown(list(periods), value="All time", label="Made in")
    return connection_filter, period_filter, periods, person_filter


@app.cell
def _(connection_filter, period_filter, periods, person_filter):
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
        stages = figures.stages(_con, selection)
        time_in_step = figures.time_in_step(_con, selection)
        orders_per_month = figures.orders_per_month(_con, as_of, selection)
        oldest = figures.oldest_open_quotations(_con, as_of, selection)
        unmapped = figures.unmapped_steps(_con)
    return headline, oldest, orders_per_month, partial, selection, stages, time_in_step, unmapped


@app.cell
def _(mo, now, published, refresh, status):
    _as_of = f"{status.as_of:%A} {published.day(status.as_of)}, {status.as_of:%H:%M} UTC"
    _heading = mo.vstack([mo.md("# Sales pipeline"), mo.md(f"As of **{_as_of}**")])
    _concerns = [
        mo.callout(concern.text, kind="neutral" if concern.level == "note" else "warn")
        for concern in published.concerns(status, now())
    ]
    mo.vstack([mo.hstack([_heading, refresh], align="center"), *_concerns])
    return


@app.cell
def _(connection_filter, mo, period_filter, person_filter):
    mo.hstack([connection_filter, person_filter, period_filter], justify="start", wrap=True)
    return


@app.cell
def _(headline, headlines, mo, partial):
    _said = headlines.headlines(headline.to_pylist(), partial)
    _vendors = headline["vendor"].to_pylist()
    mo.vstack(
        [
            mo.hstack(
                [
                    mo.stat(
                        value=_headline.readings[_place].value,
                        label=_headline.label
                        if len(_vendors) == 1
                        else f"{_headline.label}, {_vendor}",
                        caption=_headline.readings[_place].caption,
                        bordered=True,
                    )
                    for _headline in _said
                ],
                widths="equal",
            )
            for _place, _vendor in enumerate(_vendors)
        ]
    )
    return


@app.cell
def _(charts, mo, orders_per_month, partial, stages, time_in_step):
    stages_chart = charts.stages_chart(stages, width=510, partial=partial)
    time_in_step_chart = charts.time_in_step_chart(time_in_step, width=510, partial=partial)
    orders_chart = charts.orders_per_month_chart(orders_per_month, width=510, partial=partial)
    _left = [
        mo.md(f"## {charts.STAGES_TITLE}"),
        stages_chart,
        mo.md(charts.STAGES_NOTE),
        mo.md(f"## {charts.ORDERS_TITLE}"),
        orders_chart,
        mo.md(charts.orders_note(orders_per_month)),
    ]
    _right = [
        mo.md(f"## {charts.TIME_IN_STEP_TITLE}"),
        time_in_step_chart,
        mo.md(charts.TIME_IN_STEP_NOTE),
    ]
    mo.hstack([mo.vstack(_left), mo.vstack(_right)], widths="equal", gap=2, align="start")
    return orders_chart, stages_chart, time_in_step_chart


@app.cell
def _(mo, oldest, unmapped):
    def _table(frame):
        return mo.ui.table(
            frame, selection=None, show_column_summaries=False, show_data_types=False
        )

    _tables = [mo.md("## Oldest open quotations"), _table(oldest)]
    if unmapped.num_rows:
        _tables += [
            mo.md(
                "## Steps to map\n\nIn no list yet: a document that stands in one counts neither "
                "as open nor as settled. A line each in `maps/steps.csv` says what they mean."
            ),
            _table(unmapped),
        ]
    mo.vstack(_tables)
    return


if __name__ == "__main__":
    app.run()
