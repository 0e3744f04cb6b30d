"""What the API answers besides rows: errors in its body, or nothing at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

UNAUTHORIZED = "unauthorized_exception"
NOT_FOUND = "resource_not_found_exception"
BAD_PARAMETER = "invalid_parameter_exception"
INTERFACE_NOT_ALLOWED = "interface_not_allowed_exception"
BAD_LOGIN = "login_failed_exception"
NOT_ALLOWED = "method_not_allowed_exception"
_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
}
TYPES = "https://www.rfc-editor.org/rfc/rfc9110#status."


@dataclass(frozen=True)
class Invalid:
    """A parameter that is wrong, and why."""

    name: str
    value: Any
    reason: str
    message: str

    def told(self) -> dict[str, Any]:
        """Itself as the API tells it."""
        return {
            "name": self.name,
            "reason": self.reason,
            "value": self.value,
            "message": self.message,
        }


class InvalidError(ValueError):
    """A request whose parameters are wrong."""

    def __init__(self, *invalid: Invalid) -> None:
        super().__init__(", ".join(one.name for one in invalid))
        self.invalid = invalid


def error(status: int, exception: str, detail: str, invalid: Sequence[Invalid] = ()) -> Response:
    """An error with its body; at 403 the type is the exception's name [P]."""
    told = {
        "type": exception if status == 403 else f"{TYPES}{status}",
        "exception": exception,
        "title": _TITLES[status],
        "detail": detail,
        "error_data": {"invalid_params": [one.told() for one in invalid]},
    }
    return as_json({"error": told}, status)


def bad_request(wrong: InvalidError) -> Response:
    """A 400 that names every wrong parameter."""
    return error(400, BAD_PARAMETER, "Some parameters are not valid", wrong.invalid)


def nothing(status: int) -> Response:
    """An answer without a body: 204, and 429 and 503 [P]."""
    return Response(status_code=status)


def as_json(content: Any, status: int = 200) -> Response:
    """An answer with a JSON body."""
    try:
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # half a surrogate pair: only its escape can be sent
        body = json.dumps(content, separators=(",", ":")).encode()
    return Response(body, status, media_type="application/json")
