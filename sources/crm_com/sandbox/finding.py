"""Which rows a call means, in the order in which its list shows them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from sources._sandbox.chance import dice
from sources._sandbox.company import DAY
from sources._sandbox.store import Record
from sources.crm_com.sandbox.clock import SiteClock
from sources.crm_com.sandbox.envelope import RefusedError
from sources.crm_com.sandbox.methods import ALWAYS, Filter, Method
from sources.crm_com.sandbox.params import Asked, Identifier
from sources.crm_com.sandbox.play import SHUFFLED, Play
from sources.crm_com.sandbox.registers import Registers
from sources.crm_com.sandbox.tables import ServiceTable, in_order, nested
from sources.crm_com.sandbox.values import found

IDENTIFYING = ("id", "number")
REMEMBERED = 64
_created = nested("log_information", "created_date")


class Finding:
    """Finds rows, and remembers the last lists while nothing changes."""

    def __init__(self, play: Play, clock: SiteClock, registers: Callable[[], Registers]) -> None:
        self._play = play
        self._clock = clock
        self._registers = registers
        self._chance = dice("crm_com order", play.seed)
        self._known: OrderedDict[str, tuple[int, int, list[Record]]] = OrderedDict()

    def check(self, method: Method, asked: Asked) -> None:
        """Checks that a call has what its method needs, and no more.

        Raises:
            RefusedError: it has not.
        """
        known = {*ALWAYS, *method.values, *method.filters}
        for name in sorted(asked.names() - known):
            if self._play.refuses_unknown:
                raise RefusedError("INVALIDPARAMETEREXCEPTION", f"Invalid parameter {name}")
        given = sorted(asked.names() & set(method.filters))
        if method.filters and not given:
            names = ", ".join(sorted(method.filters))
            raise RefusedError("MANDATORYPARAMETEREXCEPTION", f"One of {names} is mandatory")
        if len(given) > 1:
            names = " and ".join(given)
            raise RefusedError("SEMIOPTIONALPARAMETEREXCEPTION", f"{names}: only one is allowed")

    def one(self, method: Method, asked: Asked) -> Record:
        """The row that a call shows.

        Raises:
            RefusedError: there is none.
        """
        name = next(name for name in method.filters if name in asked.names())
        if name not in asked.identifiers:
            raise RefusedError("INVALIDIDENTIFIEREXCEPTION", f"{name} is no identifier")
        return self._meant(method.table, name, asked.identifiers[name])

    def several(self, method: Method, asked: Asked) -> list[Record]:
        """The rows that a call lists.

        Raises:
            RefusedError: its filter means nothing, or a date is none.
        """
        table = self._registers()[method.table]
        what = f"{method.table} {method.states} {method.overdue} {_filtered(asked)}"
        version, minute, records = self._known.get(what, (-1, -1, []))
        if (version, minute) == (table.version, self._clock.now):
            return records
        records = self._sorted(method, self._matching(table, method, asked))
        if self._play.order != SHUFFLED:
            self._known[what] = (table.version, self._clock.now, records)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return records

    def _matching(self, table: ServiceTable, method: Method, asked: Asked) -> list[Record]:
        given = [name for name in method.filters if name in asked.names()]
        records = (
            self._chosen(table, given[0], method.filters[given[0]], asked)
            if given
            else [record for state in method.states for record in table.group("state", state)]
        )
        if given and method.states:
            records = [r for r in records if r.row["life_cycle_state"] in method.states]
        if method.overdue:
            now = self._clock.stamp_now()
            records = [r for r in records if (r.row[method.overdue] or now) < now]
        if method.oldest_first and self._play.pending_days:
            since = self._clock.now - self._play.pending_days * DAY
            records = [record for record in records if record.row["$made"] >= since]
        return self._submitted(method, records, asked)

    def _chosen(self, table: ServiceTable, name: str, by: Filter, asked: Asked) -> list[Record]:
        """The rows that a filter chooses."""
        if by.group == "email":
            return self._by_email(table, asked.text(name))
        if not by.table and not by.kind:
            return table.group(by.group, asked.text(name))
        if name not in asked.identifiers:
            raise RefusedError("INVALIDIDENTIFIEREXCEPTION", f"{name} is no identifier")
        field, value = asked.identifiers[name]
        if by.kind:
            key = found(by.kind, field, value)
            if key is None:
                raise RefusedError("ENTITYNOTFOUNDEXCEPTION", f"{name}: no {field} is {value}")
            return table.group(by.group, key)
        record = self._meant(by.table, name, (field, value))
        if by.group:
            return table.group(by.group, record.key)
        held = table.get(record.row["$account"])
        return [held] if held else []

    def _meant(self, table: str, name: str, identifier: Identifier) -> Record:
        field, value = identifier
        registers = self._registers()
        if table in registers.tables and field in IDENTIFYING:
            held = registers[table]
            record = held.get(value) if field == "id" else next(iter(held.called(value)), None)
            if record is not None:
                return record
        raise RefusedError("ENTITYNOTFOUNDEXCEPTION", f"{name}: no {field} is {value}")

    def _by_email(self, table: ServiceTable, email: str) -> list[Record]:
        key = "email_set" if self._play.singular_sets else "emails_set"
        return [
            account
            for contact in self._registers()["contacts"].records()
            if any(held["email_address"] == email for held in contact.row[key])
            for account in table.group("contact", contact.key)
        ]

    def _submitted(self, method: Method, records: list[Record], asked: Asked) -> list[Record]:
        """The purchases that came in after one moment and before another."""
        if "submitted_after_date" not in method.values:
            return records
        after = self._minute(asked, "submitted_after_date")
        before = self._minute(asked, "submitted_before_date")
        return [
            record
            for record in records
            if (after is None or record.row["$submitted"] >= after)
            and (before is None or record.row["$submitted"] < before)
        ]

    def _minute(self, asked: Asked, name: str) -> int | None:
        text = asked.text(name)
        try:
            return self._clock.minute(text) if text else None
        except (ValueError, OverflowError) as error:
            said = f"{name} is not a date: {text}"
            raise RefusedError("INVALIDPARAMETEREXCEPTION", said) from error

    def _sorted(self, method: Method, records: list[Record]) -> list[Record]:
        if method.oldest_first:
            field = method.oldest_first
            records.sort(key=lambda record: (record.row[field], record.number))
        elif method.newest_first:
            records.sort(key=lambda record: (_created(record.row) or "", record.number))
            records.reverse()
        else:
            in_order(records, self._play.order, self._chance.shuffle)
        return records


def _filtered(asked: Asked) -> str:
    """What of a call decides which rows it lists."""
    rest = {name: held for name, held in asked.values.items() if name not in ALWAYS}
    return f"{sorted(asked.identifiers.items())} {sorted(rest.items())}"
