"""Every parser of what a vendor sends, with something valid for each to be damaged.

| what comes | who reads it | other tests |
|---|---|---|
| rows of a page | `_tables`: readable, depth, slices, typer, typing_sql, casts | `test_typing*` |
| a list by page number | `_reading.paged` | `test_reading_paged` |
| CareCloud's envelope, totals, errors | `carecloud.saying` | `test_carecloud_reading` |
| CareCloud's clock | `carecloud.times` | `test_carecloud_times` |
| CRM.COM's envelope, its words, groups | `crm_com.envelope` | `test_crm_com_envelope` |
| CRM.COM's accounts and changes | `crm_com.identifier`, `crm_com.news` | `test_crm_com_news` |
| X12 and JSON files | `cleo.parsing`, `cleo.documents` | `test_cleo_parsing_*` |
| folder lists | `cleo.folders` | `test_cleo_folders` |
| answers to a login, tokens, expiry | each vendor's `login` | `test_*_login` |
| Swagger | `cimcloud.swagger*` | `test_cimcloud_swagger*` |
| quota headers | `cimcloud.limits` | `test_cimcloud_login` |
| Retry-After, Date | `_http.retry` | `test_http_retry` |
| compressed bodies | `_http.answer` | `test_http_body` |
| what is withheld of a body | `_tables.withhold` | `test_withhold` |
| what is quoted of a body | `_http.redact`, `_http.verdict` | `test_http_redact` |

A parser takes any bytes. It ends well, or with an error that a user can act on; it checks itself
that no row was lost.
"""

from __future__ import annotations

import gzip
import json
from typing import Any, Final

from sources.cienapps.tables import TABLES as CIENAPPS
from sources.cimcloud.tables import TABLES as CIMCLOUD
from sources.cleo.tables import FILES
from tests.sources.bad_readers import (
    CUSTOMERS,
    JOBS,
    Parser,
    files_parser,
    read_body,
    read_carecloud,
    read_crm_com,
    read_folder,
    read_headers,
    read_logins,
    read_paged,
    read_site,
    read_withheld,
    rows_parser,
)
from tests.sources.bad_samples import (
    DOCUMENT,
    FOLDER,
    JWT,
    PRINTED,
    SWAGGERS,
    X12,
    page_of,
    row_of,
)

_TOTAL: Final = {"data": {"customers": [row_of(CUSTOMERS)], "total_items": 1}}
_ERROR: Final = {"error": {"type": "x", "error_data": {"invalid_params": [{"name": "a"}]}}}
_JOB: Final = row_of(JOBS) | {"accounts_receivable": {"id": "AB" * 16, "number": "7"}}
_OK: Final = {"status": {"code": "OK"}}
_NO: Final = {"status": {"code": "EXCEPTION.INVALID_TOKEN", "message": "token is not valid"}}


def _said(*values: Any) -> tuple[bytes, ...]:
    return tuple(json.dumps(value).encode() for value in values)


def parsers() -> dict[str, Parser]:
    """All of them, by name."""
    return {
        "cienapps rows": rows_parser(CIENAPPS[0], PRINTED["order"]),
        "cimcloud rows": rows_parser(CIMCLOUD[0]),
        "carecloud rows": rows_parser(CUSTOMERS, *_said(_TOTAL), rows_at=("data", "customers")),
        "crm_com rows": rows_parser(JOBS, *_said({**_OK, "data": [_JOB]}), rows_at=("data",)),
        "cleo rows": rows_parser(FILES),
        "paged list": Parser(read_paged, (page_of(row_of(CIMCLOUD[0])),)),
        "carecloud": Parser(read_carecloud, _said(_TOTAL, {"data": row_of(CUSTOMERS)}, _ERROR)),
        "crm_com": Parser(read_crm_com, _said({**_OK, "data": [_JOB]}, {**_OK, "data": _JOB}, _NO)),
        "cleo files": files_parser(X12, DOCUMENT),
        "cleo folders": Parser(read_folder, (FOLDER,)),
        "logins": Parser(
            read_logins,
            _said(
                {"access_token": JWT, "expires_in": 3600},
                {"token": JWT, "expiration": "2024-01-15T12:00:00Z", "refresh_token": "r"},
                {"data": {"bearer_token": JWT, "valid_to": "2024-01-15 12:00:00"}},
                {"data": {"token_id": JWT, "customer_id": "8ea2"}},
                {**_OK, "data": {"token": JWT}},
            ),
        ),
        "headers": Parser(
            read_headers,
            (b"100\n99\n900\nMon, 08 Jan 2024 12:00:00 GMT\n120\nMon, 08 Jan 2024 12:02:00 GMT",),
        ),
        "gzip": Parser(read_body, (gzip.compress(PRINTED["order"]),)),
        "swagger": Parser(read_site, SWAGGERS),
        "withheld": Parser(read_withheld, _said({"card_number": "4111", "a": {"cvv": "1"}})),
    }
