"""A connection's mailbox, as deliveries use it: send once, look."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pipelines import clock
from pipelines.budgets import open_budget, open_budgets
from pipelines.project import Connection
from pipelines.stopping import Stop
from pipelines.warehouse import Places
from sources._http.client import Client
from sources._http.errors import Misconfigured, PenstockError
from sources._http.redact import Redactor
from sources._vendor import Means, Seen, Sent

_T = TypeVar("_T")


class Post:
    """The mailbox of one connection; one login serves all that a process sends.

    Attributes:
        connection: whose.
        redactor: knows its secrets.
    """

    def __init__(self, connection: Connection, places: Places, stop: Stop) -> None:
        """Opens nothing yet.

        Raises:
            Misconfigured: files cannot be delivered to this vendor.
        """
        if connection.vendor.mailbox is None:
            raise Misconfigured(
                f"{connection.vendor.title} takes no files: an extract goes to a connection that "
                "has a mailbox",
                connection=connection.name,
                next_command="penstock deliver --dry-run",
            )
        self._mailbox = connection.vendor.mailbox
        self.connection = connection
        self._stop = stop
        self.redactor = Redactor(connection.vendor.secrets(connection.settings))
        self._means = Means(
            connection=connection.name,
            redactor=self.redactor,
            clock=clock.now,
            budget=open_budget(connection, open_budgets(places)),
        )

    @property
    def keeps_files(self) -> bool | None:
        """Whether what was sent stays listed, as the settings say it."""
        return self._mailbox.keeps_files(self.connection.settings)

    def send(self, name: str, content: bytes) -> Sent:
        """Sends a file, once.

        Raises:
            PenstockError: as the vendor's mailbox says.
            Stopped: a stop was asked for, and the vendor takes its time: it may have it or not.
        """
        settings = self.connection.settings
        return self._with_client(lambda c: self._mailbox.send(c, settings, name, content))

    def look(self) -> Seen:
        """What the folder shows.

        Raises:
            PenstockError: it cannot be said now.
        """
        return self._with_client(lambda c: self._mailbox.look(c, self.connection.settings))

    def _with_client(self, ask: Callable[[Client], Awaitable[_T]]) -> _T:
        try:
            return self._stop.run(self._ask(ask))
        except PenstockError as error:
            raise error.at(connection=self.connection.name) from None

    async def _ask(self, ask: Callable[[Client], Awaitable[_T]]) -> _T:
        settings: Any = self.connection.settings
        async with self.connection.vendor.client(settings, self._means) as client:
            return await ask(client)
