"""A published warehouse, and a vendor whose mailbox is a folder on disk that can be unkind.

Everything lies on disk, so that a process that is killed leaves what a real one would.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from dlt.common.configuration.specs import configspec

from pipelines import clock
from pipelines.deliver import Deliveries, Report, Wanted
from pipelines.ledger import prepare_ops
from pipelines.project import Connection
from pipelines.warehouse import Places
from sources._http.errors import Drifted, Misconfigured, Refused, Rejected, Retryable
from sources._tables.declare import Column, Kind, Table, VersionBy
from sources._vendor import ConnectionSettings, Mailbox, Seen, Sent, Vendor

RUN = "000001-20261124T050000-abcd"
NOW = datetime(2026, 11, 24, 6)
ON_ITS_WAY = 40.0
ORDERS = """-- connection: shop
select number, made_on, amount from sales.orders
where made_on >= $period_start and made_on < $period_end order by number
"""


class Killed(BaseException):
    """As if the process had been killed there."""


@configspec
class ShopSettings(ConnectionSettings):
    """A mailbox that is a folder.

    Attributes:
        folder: where it is.
        keeps: what the settings say of it.
        secret: what must not be told.
    """

    folder: str = ""
    secret: str = ""
    keeps: bool | None = None


@dataclass(frozen=True)
class Box:
    """The vendor's side: what it holds, what it shows, what it does next."""

    folder: Path

    def set(self, **said: Any) -> None:
        """Changes what it does: kind (kept, taken, overwrites), shows, next, late, lengths.

        `coming` is what was sent and is there from that time on only.
        """
        file = self.folder / "does.json"
        file.write_text(json.dumps({**self.does(), **said}))

    def does(self) -> dict[str, Any]:
        file = self.folder / "does.json"
        usual: dict[str, Any] = {
            "kind": "kept",
            "shows": True,
            "next": [],
            "late": 0,
            "lengths": {},
            "coming": [],
            "look_breaks_off": False,
        }
        return usual | (json.loads(file.read_text()) if file.exists() else {})

    def then(self) -> str:
        """What it does with the next file."""
        todo = self.does()["next"]
        self.set(next=todo[1:])
        return str(todo[0]) if todo else "takes"

    @property
    def uploads(self) -> list[tuple[str, bytes]]:
        """Every file that it took, in order."""
        return [
            (file.name.partition("-")[2], file.read_bytes())
            for file in sorted(self.folder.glob("took/*"))
        ]

    def take(self, name: str, content: bytes) -> bool:
        kind = self.does()["kind"]
        if kind == "kept" and (self.folder / "files" / name).exists():
            return False
        if kind != "taken":
            self.put(name, content)
        (self.folder / "took" / f"{len(self.uploads):04}-{name}").write_bytes(content)
        return True

    def delay(self, name: str, content: bytes) -> None:
        """What was sent is on its way for a while."""
        at = clock.now() + timedelta(seconds=ON_ITS_WAY)
        coming = [*self.does()["coming"], [at.isoformat(), name, content.decode()]]
        self.set(coming=coming)

    def arrive(self) -> None:
        """What has been on its way long enough is there."""
        coming = self.does()["coming"]
        now = clock.now().isoformat()
        self.set(coming=[each for each in coming if each[0] > now])
        for at, name, content in coming:
            if at <= now:
                self.take(name, content.encode())

    def put(self, name: str, content: bytes) -> None:
        """Somebody puts a file there."""
        (self.folder / "files" / name).write_bytes(content)


async def _send(_: Any, settings: ShopSettings, name: str, content: bytes) -> Sent:
    box = Box(Path(settings.folder))
    box.arrive()
    match box.then():
        case "breaks off":
            raise Killed
        case "is not reached":
            raise Retryable("no connection")
        case "forbids":
            raise Refused("403", status=403)
        case "rejects":
            raise Rejected("400", status=400)
        case "drifts":
            raise Drifted("no JSON", status=200)
        case "takes it late, answer lost":
            box.delay(name, content)
            raise Retryable("answer lost", maybe_done=True)
        case "takes it late, breaks off":
            box.delay(name, content)
            raise Killed
        case "takes, breaks off afterwards":
            box.set(look_breaks_off=True)
            return Sent(box.take(name, content), "said")
        case "stumbles":
            raise RuntimeError(f"over {settings.secret}")
        case "loses it":
            raise Retryable("answer lost", maybe_done=True)
        case "takes it, answer lost":
            box.take(name, content)
            raise Retryable("answer lost", maybe_done=True)
        case "takes it, breaks off":
            box.take(name, content)
            raise Killed
        case does:
            assert does == "takes", does
            return Sent(box.take(name, content), "said")


async def _look(_: Any, settings: ShopSettings) -> Seen:
    box = Box(Path(settings.folder))
    box.arrive()
    does = box.does()
    if does["look_breaks_off"]:
        box.set(look_breaks_off=False)
        raise Killed
    if not does["shows"]:
        return Seen(None, "may not be listed")
    files = {file.name: file.stat().st_size for file in box.folder.glob("files/*")}
    if does["late"]:
        box.set(late=does["late"] - 1)
        files = dict.fromkeys(files, 0)
    return Seen(files | {n: s for n, s in does["lengths"].items() if n in files}, "listed")


@asynccontextmanager
async def _client(*_: Any) -> AsyncIterator[None]:
    yield None


def _nothing(*_: Any) -> Any:
    raise AssertionError("nothing is read here")


def _table(name: str) -> Table:
    number = Column(name="number", wire="id", kind=Kind.TEXT, description="Number.", required=True)
    return Table(
        name=name,
        description="Of a shop.",
        columns=(number,),
        key=("number",),
        version_by=VersionBy.SEEN,
    )


SHOP = Vendor(
    name="shop",
    title="Shop",
    tables=(_table("orders"), _table("customers"), _table("prices")),
    settings=ShopSettings,
    client=_client,  # type: ignore[arg-type]  # a mailbox without a wire
    source=_nothing,
    read=_nothing,
    check=_nothing,
    secrets=lambda settings: [settings.secret] if settings.secret else [],
    coverage="",
    every_hours=lambda _: {"prices": 24.0},
    mailbox=Mailbox(send=_send, look=_look, keeps_files=lambda settings: settings.keeps),
)


@dataclass
class World:
    """One project directory and its vendor's mailbox."""

    folder: Path
    keeps: bool | None = None
    connections: tuple[str, ...] = ("shop",)
    gone: tuple[str, ...] = ()

    @property
    def places(self) -> Places:
        return Places(self.folder, self.folder / "data", self.folder / "data" / "work")

    @property
    def box(self) -> Box:
        return Box(self.folder / "box")

    def extract(self, text: str = ORDERS, name: str = "orders") -> None:
        """Writes a file of `deliveries/`."""
        (self.folder / "deliveries").mkdir(exist_ok=True)
        (self.folder / "deliveries" / f"{name}.sql").write_text(text)

    def deliver(self, name: str | None = None, **wanted: Any) -> Report:
        """`penstock deliver`, without its command line."""

        def connection(named: str) -> Connection:
            if named in self.gone:
                raise Misconfigured(f"there is no connection {named!r}")
            settings = ShopSettings(base_url="http://shop", keeps=self.keeps)
            settings.folder, settings.secret = str(self.box.folder), f"hidden-{named}-7391"
            return Connection(named, SHOP, settings, SHOP.tables)

        deliveries = Deliveries(self.places, self.connections, connection, pause=passes)
        return deliveries(Wanted(name, **wanted))

    def states(self) -> dict[str, str]:
        """The state of every delivery, by its file's name."""
        with duckdb.connect(str(self.places.raw)) as db:
            found = db.execute("select file_name, state from ops.deliveries order by all")
            return dict(found.fetchall())

    @property
    def outgoing(self) -> list[str]:
        """What still waits on disk."""
        return sorted(file.name for file in self.places.outgoing.glob("*"))


def made(folder: Path, *, as_of: datetime = NOW) -> World:
    """A warehouse with an order each on 22, 23 and 24 November, published at that time."""
    world = World(folder)
    world.places.prepare()
    for name in ("files", "took"):
        (world.box.folder / name).mkdir(parents=True)
    with duckdb.connect(str(world.places.raw)) as db:
        prepare_ops(db)
    publish(world, as_of=as_of)
    world.extract()
    return world


def publish(world: World, *, as_of: datetime, run: str = RUN, amount: str = "12.5") -> None:
    """Publishes the orders, as a run that began at that time would."""
    file = world.places.publish_to / f"warehouse-{run}.duckdb"
    with duckdb.connect(str(file)) as db:
        prepare_ops(db)
        db.execute("create schema sales")
        db.execute(
            "create table sales.orders as select n as number, "
            f"date '2026-10-31' + n::integer as made_on, {amount}::decimal(18,4) as amount "
            "from range(22, 25) as t(n)"
        )
        db.execute("insert into ops.runs (run_id, started_at) values (?, ?)", [run, as_of])
        for table in ("orders", "customers"):
            db.execute(
                "insert into ops.freshness (connection, vendor, table_name, last_read_at) "
                "values ('shop', 'shop', ?, ?)",
                [table, as_of],
            )
    world.places.published.unlink(missing_ok=True)
    world.places.published.symlink_to(file.name)


def passes(seconds: float) -> None:
    """Time passes, without anyone waiting for it."""
    os.environ[clock.SHIFT] = str(float(os.environ.get(clock.SHIFT, "0")) + seconds)


def clock_at(at: datetime) -> dict[str, str]:
    """The environment in which it is that time (UTC)."""
    real = datetime.now(UTC).replace(tzinfo=None)
    return {clock.SHIFT: str((at - real).total_seconds())}


def deliver_there(folder: str, environment: dict[str, str]) -> None:
    """A delivery in a process of its own, which may be killed."""
    os.environ.update(environment)
    World(Path(folder)).deliver()


def sha256(data: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(data).hexdigest()
