"""Data quality: what is fresh, what is complete, what the audits found, what was set aside.

`penstock notebook data_quality`. Every refresh opens the file that is published then, reads, and
closes it: a run may publish at any time. What a row in quarantine held stays in the private file.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Data quality")


@app.cell
def _():
    import marimo as mo

    from notebooks import charts, figures, layout, published

    return charts, figures, layout, mo, published


@app.cell
def _(published):
    warehouse = published.warehouse_path()
    return (warehouse,)


@app.cell
def _(mo):
    refresh = mo.ui.refresh(options=["1m", "10m", "1h"], label="Refresh")
    return (refresh,)


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
def _(figures, published, status, warehouse):
    with published.opened(warehouse) as _con:
        freshness = figures.freshness(_con, status.as_of)
        audit_trend = figures.audit_trend(_con)
        failing_checks = figures.failing_checks(_con)
        quarantine = figures.quarantine(_con)
        drift = figures.drift(_con)
        unmapped = figures.unmapped_steps(_con)
        runs = figures.runs(_con)
    return audit_trend, drift, failing_checks, freshness, quarantine, runs, unmapped


@app.cell
def _(layout, refresh, status):
    layout.heading("Data quality", status, refresh)
    return


@app.cell
def _(drift, failing_checks, freshness, layout, quarantine, status, unmapped):
    _tables = freshness.to_pylist()
    _checks = failing_checks.to_pylist()
    _critical = sum(check["severity"] == "critical" for check in _checks)
    _part = sum((table["backfill_share"] or 1) < 1 for table in _tables)
    _late = sum(table["is_late"] for table in _tables)
    layout.numbers(
        [
            ("Latest audit", status.verdict or "none", f"{status.checks:,} checks"),
            ("Checks failing", f"{len(_checks):,}", f"critical: {_critical:,}"),
            ("Tables late", f"{_late:,}", f"of {len(_tables):,}, by their last change"),
            ("Tables not complete", f"{_part:,}", "their past is still being loaded"),
            (
                "Rows set aside",
                f"{sum(row['rows_open'] for row in quarantine.to_pylist()):,}",
                "could not be read; none is lost",
            ),
            (
                "Unknown fields",
                f"{drift.num_rows:,}",
                f"kept as they came; steps to map: {unmapped.num_rows:,}",
            ),
        ]
    )
    return


@app.cell
def _(audit_trend, charts, failing_checks, layout, mo):
    mo.vstack(
        [
            layout.columns(
                [
                    layout.card(
                        "audits",
                        charts.AUDIT_TREND_TITLE,
                        charts.audit_trend_chart,
                        audit_trend,
                        charts.AUDIT_TREND_NOTE,
                    )
                ]
            ),
            mo.md(
                "## Checks that fail now\n\nWhen last made. The audit page has examples, and the "
                "query that shows all rows."
            ),
            layout.table(failing_checks, "Every check passed when last made."),
        ]
    )
    return


@app.cell
def _(freshness, layout, mo):
    mo.vstack(
        [
            mo.md(
                "## Fresh and complete\n\nA table is late when nothing in it changed for longer "
                "than its vendor's checks expect. `backfill_share` is how much of its past is "
                "loaded, where there is one to load."
            ),
            layout.table(freshness),
        ]
    )
    return


@app.cell
def _(layout, mo, quarantine):
    mo.vstack(
        [
            mo.md("## Set aside\n\nRows that could not be read, and why: `ops.quarantine`."),
            layout.table(quarantine, "No row was set aside."),
        ]
    )
    return


@app.cell
def _(drift, layout, mo, unmapped):
    mo.vstack(
        [
            mo.md("## Fields that no column is declared for\n\nKept with their rows as they came."),
            layout.table(drift, "Every field has its column."),
            mo.md("## Steps to map\n\nA line each in `maps/steps.csv` says what they mean."),
            layout.table(unmapped, "Every step is mapped."),
        ]
    )
    return


@app.cell
def _(layout, mo, runs):
    mo.vstack(
        [
            mo.md("## Latest runs\n\nThose before the one that made this file."),
            layout.table(runs, "No run is recorded."),
        ]
    )
    return


if __name__ == "__main__":
    app.run()
