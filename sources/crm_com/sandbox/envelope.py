"""How everything is answered: an envelope, whose keys come in any order, with status 200."""

from __future__ import annotations

import json
from itertools import count

PATH = "COM.CRM.EXCEPTION."


class RefusedError(Exception):
    """A call is refused: the end of its code, what is wrong, and the status it comes with [A].

    Errors come with status 200 [P].
    """

    def __init__(self, code: str, description: str, status: int = 200) -> None:
        super().__init__(description)
        self.code = f"{PATH}{code}"
        self.description = description
        self.status = status


class Envelopes:
    """Puts answers into envelopes, no two of them in a row with the same order of keys."""

    def __init__(self) -> None:
        self._count = count()

    def of(
        self, data: bytes, code: str = "OK", description: str | None = None, message: str = ""
    ) -> bytes:
        """An envelope around data, which is JSON."""
        number = next(self._count)
        said = {"code": code, "description": description, "message": message or None}
        names = list(said)
        turned = names[number % 3 :] + names[: number % 3]
        status = json.dumps({name: said[name] for name in turned}).encode()
        if number % 2:
            return b'{"data":' + data + b',"status":' + status + b"}"
        return b'{"status":' + status + b',"data":' + data + b"}"

    def refusal(self, refused: RefusedError) -> bytes:
        """An envelope that says what is wrong."""
        return self.of(b"{}", refused.code, refused.description, refused.description.upper())
