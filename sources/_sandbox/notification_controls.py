"""What tests may do to a queue of notifications: read its books, plant a save, bring some back."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from sources._sandbox.answers import order, told
from sources._sandbox.notifications import Notification, Notifications, Planted, Row

FIRST_PLANTED = 900_001  # far above whatever the company numbers


@dataclass(frozen=True)
class Entity:
    """A list's rows: the field that is their key, and a row to write another one after."""

    key_field: str
    template: Row


class NotificationControls:
    """The control routes of one queue.

    Args:
        queue: the queue.
        entities: its lists, by name.
        id_field: the field that carries a notification's number.
        active: whether saves raise notifications at all.
    """

    def __init__(
        self,
        queue: Notifications,
        entities: Mapping[str, Entity],
        *,
        id_field: str,
        active: bool,
    ) -> None:
        self._queue = queue
        self._entities = entities
        self._id_field = id_field
        self._active = active
        self._next_planted = FIRST_PLANTED
        self.routes = [
            Route("/truth", told(self._truth), methods=["GET"]),
            Route("/save", told(self._save), methods=["POST"]),
            Route("/requeue", told(self._requeue), methods=["POST"]),
        ]

    async def _truth(self, request: Request) -> Row:
        """Every save ever (of `entity`, numbered above `after`), what is pending, the history."""
        entity = request.query_params.get("entity")
        after = int(request.query_params.get("after", "0"))
        return {
            "saves": [
                self._queue.told(notification)
                for notification in self._queue.all.values()
                if notification.sync_id > after and entity in (None, notification.entity)
            ],
            "pending": self._queue.pending(),
            "history": self._queue.history,
        }

    async def _save(self, request: Request) -> Row:
        """Saves a document as told and raises its notification; see `planted`."""
        asked = await order(request)
        entity = str(asked["entity"])
        made: Notification | None = None
        if self._active:
            key, content = self._planted(entity, self._entities[entity], asked)
            made = self._queue.add(entity, key, content)
        return {"sync_id": made and made.sync_id, "key": made and made.key}

    async def _requeue(self, request: Request) -> Row:
        """Makes confirmed notifications come back."""
        asked = await order(request)
        return {"requeued": self._queue.requeue(asked["sync_ids"])}

    def _planted(self, name: str, entity: Entity, asked: Mapping[str, Any]) -> tuple[str, Planted]:
        fields = dict(asked.get("row", {}))
        key = asked.get("key", fields.get(entity.key_field))
        if "raw" in asked:
            return str(key or ""), Planted(raw=str(asked["raw"]).encode())
        if "raw_base64" in asked:
            return str(key or ""), Planted(raw=base64.b64decode(asked["raw_base64"]))
        is_number = isinstance(entity.template[entity.key_field], int)
        if key is None:
            key = self._next_planted if is_number else f"{self._next_planted}-1"
            self._next_planted += 1
        template = self._queue.latest_row(name, str(key))
        if template is None:
            own_key = int(key) if is_number and str(key).isdecimal() else key
            template = {**entity.template, entity.key_field: own_key}
        return str(key), rewritten(template, fields, asked, self._id_field)


def rewritten(
    template: Row, fields: Mapping[str, Any], asked: Mapping[str, Any], id_field: str
) -> Planted:
    """`template` with other `fields`, then fields renamed (`rename`) and left out (`drop`).

    A row that names the number's field itself keeps what it says there.
    """
    renamed = asked.get("rename", {})
    row = {renamed.get(name, name): value for name, value in {**template, **fields}.items()}
    for name in asked.get("drop", ()):
        del row[name]
    number_as = renamed.get(id_field, id_field)
    is_own = id_field in fields or number_as not in row
    return Planted(row=row, number_as=None if is_own else number_as)
