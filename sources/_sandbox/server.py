"""The sandbox's server: every vendor's API on one port of this machine, and the control plane."""

from __future__ import annotations

import gc
import os
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp
from uvicorn import Config, Server

from sources._sandbox.company_world import World
from sources._sandbox.control import Control
from sources._sandbox.faults import Faults
from sources._sandbox.journal import Journal
from sources._sandbox.setup import Setup, SetupError
from sources._sandbox.vendor import discover
from sources._sandbox.wire import CuttableProtocol, Wire

LOOPBACK = "127.0.0.1"


def build(setup: Setup) -> ASGIApp:
    """The application that plays `setup`.

    Raises:
        SetupError: an option is for a vendor that is not there, or not one of its own.
    """
    factories = discover()
    if unknown := set(setup.vendors) - set(factories):
        raise SetupError(f"no sandbox for {sorted(unknown)}; there are {sorted(factories)}")
    world = World(setup.seed, setup.rows, setup.start_at)
    faults, journal = Faults(), Journal(setup.journal)
    vendors = {
        name: factory(world, journal, setup.options(name)) for name, factory in factories.items()
    }
    mounts = []
    for name, vendor in vendors.items():
        faults.declare(name, vendor.faults)
        vendor.saved(world.past())
        api = Starlette(routes=vendor.routes)
        wire = Wire(name, api, faults, journal, vendor.noticed)
        mounts.append(Mount(f"/{name}", app=wire))
    return Starlette(routes=[*Control(world, faults, journal, vendors).routes(), *mounts])


def serve(
    setup: Setup,
    *,
    port: int = 0,
    ready: Callable[[str], None] = lambda _url: None,
    follow_stdin: bool = False,
) -> None:
    """Plays until it is told to stop by SIGINT or SIGTERM.

    Args:
        setup: what to play.
        port: on 127.0.0.1; 0 takes a free one.
        ready: called with the server's address once it answers.
        follow_stdin: whether to stop as well when standard input ends, as it does when the
            process that started this one is gone.

    Raises:
        SetupError: the setup cannot be played.
        OSError: the port is taken.
    """
    with socket.create_server((LOOPBACK, port), backlog=128) as listener:
        gc.disable()  # a big company is millions of objects, and none of them is garbage
        try:
            app = build(setup)
            gc.freeze()
        finally:
            gc.enable()
        server = SandboxServer(app, lambda: ready(f"http://{LOOPBACK}:{listener.getsockname()[1]}"))
        if follow_stdin:
            threading.Thread(target=server.stop_with_stdin, daemon=True).start()
        server.run(sockets=[listener])


class SandboxServer(Server):
    """uvicorn that says when it is ready, and on stopping cuts who is kept waiting by a fault."""

    def __init__(self, app: ASGIApp, ready: Callable[[], None]) -> None:
        config = Config(
            app,
            http=CuttableProtocol,
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,  # warnings and errors still reach stderr
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=2,
        )
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts, then says so."""
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends every connection at once: a sandbox owes nobody an answer."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stops without raising the signal again: being told to stop is how a sandbox ends."""
        self.should_exit = True

    def stop_with_stdin(self) -> None:
        """Waits for the end of standard input, then stops."""
        while os.read(
            sys.stdin.fileno(), 1024
        ):  # not through sys.stdin: its lock outlives the wait
            pass
        self.should_exit = True
