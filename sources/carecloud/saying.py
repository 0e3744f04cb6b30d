"""What CareCloud says, read: its envelope, and its errors without the values they quote.

A list is `{"data": {"<plural>": […], "total_items": N}}`, a single object `{"data": {…}}`, an error
`{"error": {"type", "exception", "title", "detail", "error_data": {"invalid_params": […]}}}` [P].
204 is success without data [S].
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any, Final

from sources._http.answer import Answer
from sources._http.client import Client
from sources._http.errors import Drifted, PenstockError, Refused, Rejected
from sources._reading.offset import ListAnswer
from sources._tables import slices
from sources.carecloud.resources import Resource

NOT_ALLOWED: Final = "interface_not_allowed_exception"
DATA: Final = "data"
TOTAL: Final = "total_items"
_SAID: Final = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
    }
)
_LONGEST: Final = 300  # characters of what is quoted
_NAMED: Final = 5  # parameters
_DIGITS: Final = 12  # of a number of rows


async def ask(
    client: Client, path: str, params: Mapping[str, str], tolerate: Collection[int] = ()
) -> Answer:
    """Asks for something; an error that the vendor explains is raised in its words.

    Args:
        client: open.
        path: below the interface.
        params: the query.
        tolerate: statuses to hand back.

    Raises:
        Refused: 403, and a 401 that another login did not mend.
        Rejected: 400, 404, 405.
        PenstockError: as `Client.get`.
    """
    answer = await client.get(path, params=params, tolerate=_SAID | frozenset(tolerate))
    if answer.status in _SAID and answer.status not in tolerate:
        raise refusal(client, answer)
    return answer


def refusal(client: Client, answer: Answer) -> PenstockError:
    """The error that an answer comes to."""
    said = explained(client, answer)
    heard = f"GET {answer.url} answered {answer.status}" + (f" ({said})" if said else "")
    if answer.status != HTTPStatus.FORBIDDEN:
        return Rejected(heard, status=answer.status)
    if _error(answer).get("type") == NOT_ALLOWED:
        what = (
            "the interface that `interface` names does not have it for this login; "
            'it is "enterprise" or "customer", or resources.<table> = false leaves it out'
        )
    else:
        what = "the user's rights do not reach it: ask the project's administrator for them"
    return Refused(f"{heard}: {what}", status=answer.status)


def explained(client: Client, answer: Answer) -> str:
    """What an error says, as it may be shown: which parameters and why, not their values."""
    error = _error(answer)
    told = [str(error[name]) for name in ("type", "title", "detail") if error.get(name)]
    data = error.get("error_data")
    params = data.get("invalid_params") if isinstance(data, dict) else None
    for param in params[:_NAMED] if isinstance(params, list) else ():
        if isinstance(param, dict):
            told.append(": ".join(str(param[n]) for n in ("name", "reason") if param.get(n)))
    said = "; ".join(dict.fromkeys(filter(None, told)))
    return client.redactor.excerpt(said.encode("utf-8", "replace"), _LONGEST)


def is_missing(answer: Answer) -> bool:
    """Whether a 404 is the vendor's own: there is no such object, rather than no such address."""
    return answer.status == HTTPStatus.NOT_FOUND and bool(_error(answer))


def read_list(answer: Answer, resource: Resource) -> ListAnswer:
    """The rows of a list's answer.

    Raises:
        Drifted: it is no list.
    """
    if answer.status == HTTPStatus.NO_CONTENT:
        return ListAnswer(answer, (), total=0)
    data = _object(answer, resource.table)
    total = _count(data.get(TOTAL))
    name = _list_name(data, resource)
    rows = data.get(name)
    if rows is None and total == 0 and set(data) <= {name, TOTAL}:
        rows = []
    if not isinstance(rows, list):
        has = ", ".join(sorted(map(str, data))[:8]) or "nothing"
        raise Drifted(
            f"GET {answer.url} answered no list: data has {has}, and no array {name!r}",
            table=resource.table,
        )
    return ListAnswer(
        answer,
        tuple(row if isinstance(row, dict) else None for row in rows),
        total=total,
        rows_at=(DATA, name),
    )


def read_single(answer: Answer, resource: Resource) -> dict[str, Any] | None:
    """The object of a single answer; None where it has none.

    Raises:
        Drifted: it is something else.
    """
    if answer.status == HTTPStatus.NO_CONTENT:
        return None
    return _object(answer, resource.table)


def _list_name(data: Mapping[str, Any], resource: Resource) -> str:
    """The list's name; where that is not there, the only array there is."""
    if resource.table in data:
        return resource.table
    arrays = [name for name, value in data.items() if isinstance(value, list)]
    return arrays[0] if len(arrays) == 1 else resource.table


def _object(answer: Answer, table: str) -> dict[str, Any]:
    said = _read(answer, table)
    data = said.get(DATA) if isinstance(said, dict) else None
    if not isinstance(data, dict):
        raise Drifted(f"GET {answer.url} answered without an object `data`", table=table)
    return data


def _read(answer: Answer, table: str) -> Any:
    body = answer.body.removeprefix(b"\xef\xbb\xbf")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        pass
    try:
        # bytes of no Unicode, numbers without end: those rows go to quarantine when they are typed
        slices.raw_rows(body, (DATA,))
        return slices.as_python(body)
    except ValueError as error:
        raise Drifted(f"GET {answer.url} did not answer JSON: {error}", table=table) from None


def _count(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _DIGITS:
        return int(value)
    return value if isinstance(value, int) and 0 <= value < 10**_DIGITS else None


def _error(answer: Answer) -> dict[str, Any]:
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    error = said.get("error") if isinstance(said, dict) else None
    return error if isinstance(error, dict) else {}
