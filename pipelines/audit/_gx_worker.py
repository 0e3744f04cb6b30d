"""A process of its own that puts Great Expectations to work on parquet files.

Run as `python _gx_worker.py TASK ANSWER`: both JSON. Apart, because importing the library takes
seconds and hundreds of megabytes, and because what goes wrong in here must not take a run with it.
Started early, it does both while the models are built. It imports nothing of ours.

Of what the library finds only counts and row numbers are used; the rows shown are read from the
parquet file, so no vendor text passes through the library's own documents. They are only written
where the task names a folder for them, of numbers alone: they would not escape what a vendor wrote.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

Task = Mapping[str, Any]
# five row numbers of the failing rows come with this, and no list of all of them
RESULT_FORMAT = {"result_format": "SUMMARY", "partial_unexpected_count": 5}


def main(task_file: str, answer_file: str) -> None:
    """Judge every batch of the task; the answer appears whole or not at all."""
    task = json.loads(Path(task_file).read_text("utf-8"))
    signal.alarm(task["seconds"])
    threading.Thread(target=end_with_starter, daemon=True).start()
    documented: list[Any] = []
    answers = [answer for batch in task["batches"] for answer in judged(batch, documented)]
    said = {"answers": answers, "data_docs": ""}
    if task["data_docs"]:
        said["data_docs"] = data_docs(documented, **task["data_docs"])
    half = Path(answer_file).with_suffix(".part")
    half.write_text(json.dumps(said), "utf-8")
    half.replace(answer_file)


def end_with_starter() -> None:
    """Whoever started this holds the other end of its input open: killed, nobody waits any more."""
    os.read(0, 1)  # not through a file object: at its end Python would wait for its lock
    os._exit(1)


def judged(batch: Task, documented: list[Any]) -> list[dict[str, Any]]:
    """The answers for one batch, whatever happens: another batch's checks may well hold."""
    try:
        return judge(batch, documented)
    except Exception as error:  # noqa: BLE001 - whatever it is, these checks have failed
        return [{"id": check["id"], "error": described(error)} for check in batch["checks"]]


def judge(batch: Task, documented: list[Any]) -> list[dict[str, Any]]:
    """The answers for one parquet file: a batch with its checks.

    The library's own suite and results are added to `documented`.
    """
    import great_expectations as gx
    import pyarrow.parquet as pq

    there = set(pq.read_schema(batch["parquet"]).names)
    needed = [column for column in columns_needed(batch) or there if column in there]
    table = pq.read_table(batch["parquet"], columns=needed)
    frame = as_frame(table)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("changed").add_dataframe_asset("rows")
    rows = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    answers: dict[int, dict[str, Any]] = {}
    said = []
    for check in batch["checks"]:
        try:
            said.append(expectation(check, frame))
        except Exception as error:  # noqa: BLE001 - whatever it is, this check has failed
            answers[check["id"]] = {"id": check["id"], "error": described(error)}
    # not add_expectation(): it drops what is asked twice, under two names, without a word
    suite = gx.ExpectationSuite(name=batch["table"], expectations=said)
    try:
        whole_result = rows.validate(suite, result_format=RESULT_FORMAT)
        found = whole_result.results
    except Exception as error:  # noqa: BLE001 - the checks without an answer have failed
        whole = described(error)
    else:
        whole = "Great Expectations gave no answer"
        documented.append((suite, whole_result))
        for one in found:
            number = one.expectation_config.meta["check"]
            check = next(c for c in batch["checks"] if c["id"] == number)
            answers[number] = answer(check, one.to_json_dict(), table)
    unanswered = {c["id"] for c in batch["checks"]} - answers.keys()
    return [*answers.values(), *({"id": number, "error": whole} for number in unanswered)]


def columns_needed(batch: Task) -> list[str] | None:
    """The columns to read; None reads all, where a condition may name any."""
    checks: Iterable[Task] = batch["checks"]
    if any("row_condition" in check["arguments"] for check in checks):
        return None
    return list(dict.fromkeys(c for check in checks for c in (*check["key"], *check["columns"])))


def as_frame(table: Any) -> Any:
    """The table as pandas whose values compare as their own kind does.

    By itself pandas would turn integers with gaps into floats (2^53 is then the end of exactness)
    and dates into Python objects (slow, and not comparable with timestamps). Decimals become
    floats, because a bound is one: Decimal("0.1") < 0.1 is true in Python.
    """
    import pandas as pd
    import pyarrow as pa

    exact = {
        pa.int64(): pd.Int64Dtype(),
        pa.int32(): pd.Int32Dtype(),
        pa.bool_(): pd.BooleanDtype(),
    }
    for number, column in enumerate(table.schema):
        if pa.types.is_decimal(column.type):
            table = table.set_column(number, column.name, table[number].cast(pa.float64()))
    return table.to_pandas(date_as_object=False, types_mapper=exact.get)


def expectation(check: Task, frame: Any) -> Any:
    """The library's own object for a check."""
    from great_expectations.expectations.registry import get_expectation_impl

    said = dict(check["arguments"])
    if check["columns"] and frame.dtypes.get(check["columns"][0]) is not None:
        kind = frame.dtypes[check["columns"][0]].kind
        for name in ("min_value", "max_value", "value_set"):
            if name in said and kind == "M":
                said[name] = moment(said[name])
    if "row_condition" in said:
        said["condition_parser"] = "pandas"
    return get_expectation_impl(check["expect"])(**said, meta={"check": check["id"]})


def moment(value: Any) -> Any:
    """A time, or a list of them, from the ISO text that JSON carries."""
    if isinstance(value, list):
        return [moment(one) for one in value]
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def answer(check: Task, found: Mapping[str, Any], table: Any) -> dict[str, Any]:
    """What the library found, in our words."""
    failed = exception(found["exception_info"])
    if failed:
        return {"id": check["id"], "error": failed}
    result = found["result"]
    shown = dict.fromkeys((*check["key"], *check["columns"]))
    return {
        "id": check["id"],
        "success": bool(found["success"]),
        "rows": result.get("element_count", table.num_rows),
        "failing": result.get("unexpected_count"),
        "observed": plain(result.get("observed_value")),
        "examples": [
            {name: plain(table[name][number].as_py()) for name in shown}
            for number in result.get("partial_unexpected_index_list") or []
        ],
    }


def exception(info: Mapping[str, Any]) -> str:
    """The first exception in the library's record of them, or nothing."""
    for one in (info, *(v for v in info.values() if isinstance(v, dict))):
        if one.get("raised_exception"):
            return str(one.get("exception_message") or "an error without a message")
    return ""


def data_docs(documented: Iterable[tuple[Any, Any]], folder: str, run_id: str) -> str:
    """Write the library's own pages about suites and their results; why that failed, or nothing."""
    import great_expectations as gx
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types import resource_identifiers as named

    store = {"class_name": "TupleFilesystemStoreBackend", "base_directory": folder}
    index = {"class_name": "DefaultSiteIndexBuilder", "show_cta_footer": False}
    site = {"class_name": "SiteBuilder", "store_backend": store, "site_index_builder": index}
    try:
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        for name in list(context.list_data_docs_sites()):
            context.delete_data_docs_site(name)
        run = RunIdentifier(run_name=run_id)
        for suite, result in documented:
            context.suites.add(suite)
            for one in result.results:
                one.result, one.exception_info = figures(one.result), reason(one.exception_info)
            key = named.ValidationResultIdentifier(
                expectation_suite_identifier=named.ExpectationSuiteIdentifier(name=suite.name),
                run_id=run,
                batch_identifier="changed-rows",
            )
            result.meta["run_id"] = run
            context.validation_results_store.set(key, result)
        context.add_data_docs_site(site_name="penstock", site_config=site)
        context.build_data_docs(site_names=["penstock"])
    except Exception as error:  # noqa: BLE001 - it is told, and is no reason to doubt the checks
        return described(error)
    return ""


def figures(result: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of a result: all that is no text of a vendor's, and no list of values."""
    kept = {
        name: value
        for name, value in result.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    # the library's pages expect the two together
    if "unexpected_percent" not in kept:
        kept.pop("unexpected_count", None)
    return kept


def reason(info: Mapping[str, Any]) -> dict[str, Any]:
    """That something was raised; what it says may quote a value."""
    said = "could not be evaluated; the audit page says why" if exception(info) else None
    return {
        "raised_exception": said is not None,
        "exception_message": said,
        "exception_traceback": said,
    }


def plain(value: Any) -> Any:
    """A value as JSON can carry it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, list):
        return [plain(one) for one in value]
    return float(value) if isinstance(value, Decimal) else str(value)


def described(error: Exception) -> str:
    """An exception in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


if __name__ == "__main__":
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    main(*sys.argv[1:3])
