"""Pages that are read once more: what they became before makes room for what they become now.

Runs inside the promotion's transaction. The rows that a page brought are taken out of the version
tables, and the promotion puts in what the page brings today, under its own time: so a repaired
typing repairs history, and nothing else of a document moves.
"""

from __future__ import annotations

from datetime import datetime

from pipelines.landing import QUARANTINE, REPLAYED
from pipelines.record import Counts, LandedWindows
from sources._tables.declare import Table
from sources._tables.quoting import identifier, literal

TYPED, READ_OTHERWISE = "typed by a replay", "read otherwise by a replay"
_COMPARED = "* exclude (_window_id)"


class Retyping(LandedWindows):
    """The pages of one connection that a landed window replays."""

    def take_out(self, table: Table) -> None:
        """Takes out what the replayed pages of a table have become, and remembers it."""
        target = self._target(table.name)
        self._db.execute(f"""
            create or replace temp table replaying as
            select distinct page_id from {self._where(REPLAYED)}
            where table_name = {literal(table.name)}""")
        self._db.execute(f"""
            create or replace temp table taken_out as
            select {_COMPARED} from {target} where {self._replayed}""")
        for name in (table.name, *(child.name for child in table.children)):
            self._db.execute(f"delete from {self._target(name)} where {self._replayed}")

    def counts(self, table: Table, received: Counts) -> Counts:
        """What the replay made different: rows that are new or other than before, or gone."""
        target = self._target(table.name)
        new, other, gone = self._db.execute(f"""
            with now as (select {_COMPARED} from {target} where {self._replayed}),
            differing as (from now except all from taken_out),
            lost as (from taken_out except all from now)
            select count(*) filter (where is_new), count(*) filter (where not is_new), (
                select count(*) from lost
                where (_page_id, _row_number) not in (
                    select (_page_id, _row_number) from differing))
            from (
                select (_key not in (select _key from taken_out)
                    and _key not in (
                        select _key from {target} where not ({self._replayed}))) as is_new
                from differing)""").fetchone() or (0, 0, 0)
        changed = other + gone
        return Counts(
            received=received.received,
            new=new,
            changed=changed,
            unchanged=max(received.received - received.quarantined - new - changed, 0),
            quarantined=received.quarantined,
        )

    def settle(self, is_landed: bool, at: datetime) -> None:
        """Settles the bad rows of the replayed pages that are typed now, or bad otherwise.

        Args:
            is_landed: whether rows of the window are bad again.
            at: when.
        """
        still = "select quarantine_id from {0} where page_id = q.page_id"
        same = (
            f"and q.quarantine_id not in ({still.format(self._where(QUARANTINE))})"
            if is_landed
            else ""
        )
        bad = (
            f"(select count(*) from {self._where(QUARANTINE)} as b where b.page_id = q.page_id "
            "and b.row_number = q.row_number)"
            if is_landed
            else "0"
        )
        self._db.execute(
            f"""
            update ops.quarantine as q set resolved_at = $1,
                resolution = case when {bad} = 0 then $2 else $3 end
            where q.connection = {literal(self._connection)} and q.resolved_at is null
                and (q.page_id, q.table_name) in (
                    select (page_id, table_name) from {self._where(REPLAYED)})
                {same}""",
            [at, TYPED, READ_OTHERWISE],
        )

    @property
    def _replayed(self) -> str:
        return (
            f"connection = {literal(self._connection)} "
            "and _page_id in (select page_id from replaying)"
        )

    def _target(self, name: str) -> str:
        return f"{identifier(self._vendor.name)}.{identifier(name)}"
