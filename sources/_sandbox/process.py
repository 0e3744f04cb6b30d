"""A sandbox as a subprocess, and what can be done to it: for the demo and for tests."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Literal
from urllib.parse import urlencode, urlsplit

from sources._sandbox.books_client import BooksClient
from sources._sandbox.setup import DEFAULT_START, READY, SAVED
from sources._sandbox.table_books import TableBooks

STOP_SECONDS = 5.0


class SandboxFailedError(RuntimeError):
    """The sandbox did not start, or refused what it was told; the message says why."""


class RunningSandbox:
    """A sandbox that runs; `url` is its address."""

    def __init__(self, url: str, process: subprocess.Popen[bytes], stderr: Path) -> None:
        self.url = url
        self.process = process
        self._stderr = stderr

    def base_url(self, vendor: str) -> str:
        """Where the vendor's API is."""
        return f"{self.url}/{vendor}"

    def credentials(self, vendor: str) -> dict[str, str]:
        """The settings that a client of the vendor needs besides `base_url`."""
        found: dict[str, str] = self._ask("GET", "")["vendors"][vendor]["credentials"]
        return found

    def settings(self, vendor: str) -> dict[str, str]:
        """What else a client must be told of the vendor's site, as TOML values."""
        found: dict[str, str] = self._ask("GET", "")["vendors"][vendor]["settings"]
        return found

    def vendors(self) -> list[str]:
        """Whose APIs it plays."""
        return sorted(self._ask("GET", "")["vendors"])

    def now(self) -> datetime:
        """What the sandbox's clock shows, in UTC."""
        return datetime.fromisoformat(self._ask("GET", "")["now"])

    def advance(self, *, days: float = 0, hours: float = 0) -> int:
        """Turns the clock; how many saves that brought."""
        count: int = self._ask("POST", "/advance", {"days": days, "hours": hours})["saves"]
        return count

    def fault(
        self,
        kind: str,
        *,
        vendor: str,
        route: str | None = None,
        times: int | Literal["always"] | None = None,
        after: int = 0,
        **params: Any,
    ) -> dict[str, Any]:
        """Arms a fault; what it is by now, as `faults` tells.

        Args:
            kind: its name.
            vendor: whose API it strikes.
            route: the part of a path where it strikes; None is the kind's own choice.
            times: how often, "always" is until it is cleared; None is the kind's own choice, for
                most of them once.
            after: how many matching requests it lets pass first.
            params: what else the kind takes.
        """
        order = {"kind": kind, "vendor": vendor, "after": after, **params}
        if route is not None:
            order["route"] = route
        if times is not None:
            order["times"] = None if times == "always" else times
        armed: dict[str, Any] = self._ask("POST", "/faults", order)
        return armed

    def faults(self) -> list[dict[str, Any]]:
        """The faults armed since the last clearing, with how often each has `struck`."""
        armed: list[dict[str, Any]] = self._ask("GET", "/faults")
        return armed

    def clear_faults(self) -> None:
        """Disarms them all."""
        self._ask("DELETE", "/faults")

    def log(self, after: int = 0) -> list[dict[str, Any]]:
        """The requests that vendors received, from `seq` `after` + 1 on."""
        entries: list[dict[str, Any]] = self._ask("GET", f"/log?after={after}")
        return entries

    def truth(self, vendor: str, *, entity: str | None = None, after: int = 0) -> dict[str, Any]:
        """The vendor's books: `saves` (numbered above `after`), `pending`, `history`."""
        query = urlencode({"after": after, **({"entity": entity} if entity else {})})
        books: dict[str, Any] = self._ask("GET", f"/{vendor}/truth?{query}")
        return books

    def save(
        self,
        vendor: str,
        entity: str,
        *,
        key: str | int | None = None,
        row: Mapping[str, Any] | None = None,
        rename: Mapping[str, str] | None = None,
        drop: Sequence[str] = (),
        raw: str | bytes | None = None,
    ) -> dict[str, Any]:
        """Saves a document as told, which raises its notification: its `sync_id` and `key`.

        Args:
            vendor: whose document.
            entity: the list where it appears.
            key: of the document; one that exists is saved again, None makes a new one.
            row: fields that differ from the document's last row (a new one's: the sample's).
            rename: fields to call otherwise.
            drop: fields to leave out.
            raw: the whole row instead, JSON or not; `%SYNC_ID%` becomes its number.
        """
        order: dict[str, Any] = {"entity": entity}
        if key is not None:
            order["key"] = key
        if isinstance(raw, bytes):
            order["raw_base64"] = base64.b64encode(raw).decode()
        elif raw is not None:
            order["raw"] = raw
        order |= {"row": dict(row or {}), "rename": dict(rename or {}), "drop": list(drop)}
        made: dict[str, Any] = self._ask("POST", f"/{vendor}/save", order)
        return made

    def requeue(self, vendor: str, sync_ids: Sequence[int]) -> list[int]:
        """Makes confirmed notifications come back; which of them did."""
        answer = self._ask("POST", f"/{vendor}/requeue", {"sync_ids": list(sync_ids)})
        back: list[int] = answer["requeued"]
        return back

    def tables(self, vendor: str) -> TableBooks:
        """What can be done to the tables of a vendor that keeps some."""
        return TableBooks(lambda method, path, order: self._ask(method, f"/{vendor}{path}", order))

    def books(self, vendor: str) -> BooksClient:
        """What can be done to any vendor."""
        return BooksClient(lambda method, path, order: self._ask(method, f"/{vendor}{path}", order))

    def control(
        self, vendor: str, method: str, path: str, order: Mapping[str, Any] | None = None
    ) -> Any:
        """One of a vendor's own controls: what it answers."""
        return self._ask(method, f"/{vendor}{path}", order)

    def complaints(self) -> str:
        """What the sandbox has written to standard error; nothing, if all is well."""
        return self._stderr.read_text("utf-8", errors="replace")

    def stop(self) -> int:
        """Asks it to end and insists after a few seconds; its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def _ask(self, method: str, path: str, order: Mapping[str, Any] | None = None) -> Any:
        body = None if order is None else json.dumps(order).encode()
        at = urlsplit(self.url)
        with contextlib.closing(http.client.HTTPConnection(str(at.hostname), at.port)) as line:
            line.request(method, f"/_sandbox{path}", body)
            response = line.getresponse()
            content = response.read()
        if response.status != 200:
            text = content.decode("utf-8", errors="replace")
            raise SandboxFailedError(f"{method} /_sandbox{path}: {response.status} {text}")
        return json.loads(content)


@contextlib.contextmanager
def running_sandbox(
    *,
    seed: int = 7,
    rows: int = 200,
    start_at: datetime = DEFAULT_START,
    rows_as: str = SAVED,
    list_limit: int | None = None,
    journal: Path | None = None,
    options: Mapping[str, Mapping[str, object]] | None = None,
    port: int = 0,
    start_seconds: float = 60,
) -> Iterator[RunningSandbox]:
    """Starts a sandbox, yields it once it answers, stops it in the end.

    Args:
        seed: the same seed is the same company.
        rows: about how many orders there are at the start.
        start_at: what its clock shows at first.
        rows_as: whether a listed row shows its document as "saved" or as it is "now".
        list_limit: how many rows a list shows at once.
        journal: folder for requests and confirmations as JSON lines.
        options: of single vendors, such as `{"cienapps": {"write": False}}`.
        port: on 127.0.0.1; 0 takes a free one.
        start_seconds: how long to wait for it.

    Raises:
        SandboxFailedError: it did not start.
    """
    command = [sys.executable, "-m", "sources._sandbox", "--follow-stdin"]
    command += ["--port", str(port), "--seed", str(seed), "--rows", str(rows)]
    command += ["--start-at", start_at.isoformat(), "--rows-as", rows_as]
    command += [] if list_limit is None else ["--list-limit", str(list_limit)]
    command += [] if journal is None else ["--journal", str(journal)]
    for vendor, own in (options or {}).items():
        for name, value in own.items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            command += ["--set", f"{vendor}.{name}={text}"]
    with tempfile.TemporaryDirectory(prefix="penstock-sandbox-") as folder:
        stderr = Path(folder) / "stderr"
        with stderr.open("wb") as errors, _started(command, errors) as process:
            url = _url_when_ready(process, start_seconds)
            if url is None:
                process.kill()
                process.wait()
                raise SandboxFailedError(f"no sandbox: {stderr.read_text('utf-8').strip()}")
            sandbox = RunningSandbox(url, process, stderr)
            try:
                yield sandbox
            finally:
                sandbox.stop()


def _started(command: Sequence[str], errors: IO[bytes]) -> subprocess.Popen[bytes]:
    """The process; its standard input stays open for as long as this process lives."""
    return subprocess.Popen(  # noqa: S603  # our own interpreter and module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
    )


def _url_when_ready(process: subprocess.Popen[bytes], seconds: float) -> str | None:
    """The address it announces; None if it ends, or takes too long, without."""
    giving_up = threading.Timer(seconds, process.kill)
    giving_up.start()
    try:
        line = process.stdout.readline().decode() if process.stdout else ""
    finally:
        giving_up.cancel()
    return line.removeprefix(READY).strip() if line.startswith(READY) else None
