"""Which errors are of one table alone, so that the vendor's others can still be read."""

from __future__ import annotations

from http import HTTPStatus

from sources._http.errors import Drifted, PenstockError, Retryable

_STATUSES = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


class Shrunken(PenstockError):  # noqa: N818 - a state of the world, not a bug
    """A whole list lacks too much to be believed; nothing was marked as deleted."""

    verb = "sweep"


class Apart:
    """Tells one table's trouble from the vendor's.

    A path, a field, a permission, a short list say nothing of other tables. An answer of another
    shape, or none, may be one table's too: it is taken for that until the next table has the same.
    """

    def __init__(self) -> None:
        self._was_doubtful = False

    def read(self) -> None:
        """A table was read."""
        self._was_doubtful = False

    def is_of_one_table(self, error: PenstockError) -> bool:
        """Whether the others can still be read, as far as anyone can tell."""
        if isinstance(error, Shrunken) or error.status in _STATUSES:
            return True
        if not isinstance(error, Drifted | Retryable) or self._was_doubtful:
            return False
        self._was_doubtful = True
        return True
