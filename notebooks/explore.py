"""Explore: SQL and pandas over the published file, to start from.

`penstock notebook explore` answers queries; `penstock notebook explore --edit` opens a copy of
yours, with its code. `query` opens the file that is published now, reads, and closes it, so it
works while a run goes on: run a cell again to see what was published since.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Explore")


@app.cell
def _():
    import duckdb
    import marimo as mo

    from notebooks import figures, layout, published
    from notebooks.published import query

    return duckdb, figures, layout, mo, published, query


@app.cell
def _(figures, layout, mo, published):
    try:
        with published.opened(published.warehouse_path()) as _con:
            columns = figures.columns(_con)
        _nothing = ""
    except FileNotFoundError as missing:
        columns, _nothing = None, str(missing)
    mo.stop(columns is None, mo.callout(_nothing, kind="warn"))
    mo.vstack(
        [
            mo.md(
                "# Explore\n\nThe sales model is in the schema `sales`. One sale can stand in two "
                "systems: add up over vendors from `sales.sales_pipeline`, or `counted_amount` of "
                "`sales.orders`; never add up different currencies."
            ),
            layout.table(columns),
        ]
    )
    return (columns,)


@app.cell
def _(columns, layout, mo):
    columns  # without a file there is nothing to ask
    sql = mo.ui.code_editor(
        value=(
            "SELECT outcome, currency_code, count(*) AS deals, sum(value_amount) AS value_amount\n"
            "FROM sales.sales_pipeline\n"
            "GROUP BY ALL\n"
            "ORDER BY ALL"
        ),
        language="sql",
        min_height=110,
        label="SQL",
    )
    ask = mo.ui.run_button(label="Ask")
    layout.controls(mo.vstack([sql, ask]))
    return ask, sql


@app.cell
def _(ask, duckdb, layout, mo, query, sql):
    ask.value  # named here, so that the button runs this cell
    try:
        answer = query(sql.value)
        _shown = layout.table(answer)
    except duckdb.Error as error:
        answer = None
        _shown = layout.refused(str(error))
    _shown
    return (answer,)


@app.cell
def _(columns, query):
    columns
    # a table as pandas has it: one row per deal
    deals = query("SELECT * FROM sales.sales_pipeline")
    return (deals,)


@app.cell
def _(deals, layout, mo):
    # what pandas is good at: deals by month and outcome
    deals_by_month = (
        deals.assign(
            month=deals["opened_on"].astype("datetime64[s]").dt.strftime("%Y-%m"),
            outcome=deals["outcome"].fillna("not mapped"),
        )
        .pivot_table(
            index="month", columns="outcome", values="deal_key", aggfunc="count", fill_value=0
        )
        .rename_axis(columns=None)
        .reset_index()
        .tail(12)
    )
    mo.vstack([mo.md("## Deals by the month they were opened"), layout.table(deals_by_month)])
    return (deals_by_month,)


@app.cell
def _(columns, layout, mo, query):
    columns
    # $name takes a value, so that no text has to be put into a query
    late = query(
        """
        SELECT vendor, order_number, customer_name, due_on::VARCHAR AS due_on, days_late
        FROM sales.order_lead_times
        WHERE days_late > $days AND delivered_on IS NULL
        ORDER BY days_late DESC
        """,
        days=7,
    )
    mo.vstack([mo.md("## Open orders more than a week late"), layout.table(late)])
    return (late,)


if __name__ == "__main__":
    app.run()
