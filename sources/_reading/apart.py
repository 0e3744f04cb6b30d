"""Which errors are of one table alone, so that the vendor's others can still be read."""

from __future__ import annotations

from http import HTTPStatus

from sources._http.errors import PenstockError

_STATUSES = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


class Shrunken(PenstockError):  # noqa: N818 - a state of the world, not a bug
    """A whole list lacks too much to be believed; nothing was marked as deleted."""

    verb = "sweep"


def is_of_one_table(error: PenstockError) -> bool:
    """Whether it says nothing of other tables: a path, a field, a permission, a short list."""
    return error.table is not None and (isinstance(error, Shrunken) or error.status in _STATUSES)
