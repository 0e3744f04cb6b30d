"""The site's books in the language of all sandboxes: what tests may do to its documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sources._sandbox.books import Books
from sources._sandbox.chance import dice
from sources._sandbox.notification_controls import Entity
from sources._sandbox.notifications import Notifications, Planted, Row

TABLES = {"orders": "order", "quotations": "quotation", "work_orders": "workorder"}
AMENDED = "Customer_Rep"  # every document has it, and nothing hangs on it
FIRST_MADE = 950_001


class SavedBooks:
    """Saves and makes documents, each of which raises its notification.

    A save of its own keeps all fields of the document's last one but `AMENDED`.
    """

    def __init__(self, queue: Notifications, entities: Mapping[str, Entity], seed: int) -> None:
        self._queue = queue
        self._entities = entities
        self._chance = dice("cienapps books", seed)
        self._count = 0

    def books(self) -> Books:
        """The controls."""
        return Books(
            keys=self._keys,
            change=self._change,
            make=self._make,
            plant=self._plant,
            rename=self._rename,
            routes={table: f"/{entity}/list" for table, entity in TABLES.items()},
        )

    def _keys(self) -> Mapping[str, Sequence[str]]:
        told = [(saved.entity, saved.key) for saved in self._queue.all.values()]
        return {
            table: sorted({key for name, key in told if name == entity})
            for table, entity in TABLES.items()
        }

    def _change(self, table: str) -> str:
        key = self._chance.choice(self._keys()[table])
        row = self._queue.latest_row(TABLES[table], key)
        if row is None:
            raise ValueError(f"the last save of {table} {key} has no fields")
        return self._save(table, key, row)

    def _make(self, table: str) -> str:
        entity = self._entities[TABLES[table]]
        number = FIRST_MADE + self._count
        is_number = isinstance(entity.template[entity.key_field], int)
        own = number if is_number else f"{number}-1"
        return self._save(table, str(own), {**entity.template, entity.key_field: own})

    def _save(self, table: str, key: str, row: Row) -> str:
        self._count += 1
        content = Planted({**row, AMENDED: f"REP {self._count}"}, number_as="SyncID")
        return self._queue.add(TABLES[table], key, content).key

    def _plant(self, table: str, field: str, value: object) -> None:
        self._queue.written.plant(TABLES[table], field, value)
        self._queue.write_anew()

    def _rename(self, table: str, field: str, to: str) -> None:
        self._queue.written.rename(TABLES[table], field, to)
        self._queue.write_anew()
