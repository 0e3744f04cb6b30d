"""What the control plane reads and answers: JSON, whatever is in it, and plain refusals."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sources._sandbox.setup import SetupError

Answer = Callable[[Request], Awaitable[object]]


def told(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    """A control as a route's endpoint: its result as JSON, a ValueError or KeyError as 400."""

    async def endpoint(request: Request) -> Response:
        status = 200
        try:
            result = await answer(request)
        except KeyError as missing:
            status, result = 400, {"error": f"{missing} is missing or unknown"}
        except (ValueError, SetupError) as wrong:
            status, result = 400, {"error": str(wrong)}
        # escaped, so that half a surrogate pair in a planted row can be told as well
        body = json.dumps(result).encode()
        return Response(body, status, media_type="application/json")

    return endpoint


async def order(request: Request) -> dict[str, Any]:
    """The JSON object of a request; an empty body is an empty object.

    Raises:
        ValueError: it is something else.
    """
    body = await request.body()
    result = json.loads(body) if body else {}
    if not isinstance(result, dict):
        raise ValueError(f"a JSON object is expected, not {type(result).__name__}")  # noqa: TRY004
    return result
