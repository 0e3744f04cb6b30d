"""Random bytes and damaged answers through every parser: no crash, no hang, no leak.

    python -m tests.benchmarks.random_bytes --megabytes 100
    python -m tests.benchmarks.random_bytes --megabytes 5 --plant crash
    python -m tests.benchmarks.random_bytes --megabytes 5 --plant leak

Half of the bytes are random; half are valid answers with a few places damaged. They are shared out
over the parsers of `tests.sources.bad_input`, in ten rounds. Exits 1 where a parser raises anything
but an error that a user can act on, takes too long for one answer, or keeps memory: what the
process holds after the last rounds may be little more than after the third. The second and third
commands show that it can fail.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

from sources._http.errors import PenstockError
from tests.sources.bad_input import parsers
from tests.sources.bad_readers import Parser
from tests.sources.bad_samples import NASTY, VALUES, long_order

MB = 1_000_000
ROUNDS = 10
SETTLED = 3  # rounds after which caches are full
LEAK_MB = 100  # growth of the process from then on: allocators keep what they will use again
LONGEST_SECONDS = 60.0  # for one answer of a hundred KB
PIECE = 120_000  # bytes of a grown answer
SCALAR = re.compile(rb':\s*("[^"\\]*"|[0-9.]+|true|null)\s*[,}]')
PLANTED = b"\x07"


@dataclass
class Tally:
    """What became of one parser's bytes."""

    size: int = 0
    calls: int = 0
    well: int = 0
    seconds: float = 0.0
    longest: float = 0.0
    crashes: Counter[str] = field(default_factory=Counter)


def throw(read: Callable[[bytes], None], body: bytes, tally: Tally) -> None:
    """Gives one answer to a parser, and notes how it ended."""
    began = time.perf_counter()
    try:
        read(body)
        tally.well += 1
    except PenstockError:
        pass
    except Exception as error:  # noqa: BLE001 - what is looked for
        tally.crashes[f"{type(error).__name__}: {error}"[:200]] += 1
    took = time.perf_counter() - began
    tally.size, tally.calls = tally.size + len(body), tally.calls + 1
    tally.seconds += took
    tally.longest = max(tally.longest, took)
    if took > LONGEST_SECONDS:
        tally.crashes[f"{took:.0f} s for one answer of {len(body)} bytes"] += 1


def grown(sample: bytes, size: int) -> bytes:
    """The sample with its rows repeated until it is so large; as it is where it has no rows."""
    try:
        held = json.loads(sample)
    except ValueError:
        return long_order(size // 60) if sample.startswith(b"ISA") else sample
    inner: list[object] = [held]
    while inner and not (isinstance(inner[0], list) and inner[0]):
        first = inner.pop(0)
        inner += first.values() if isinstance(first, dict) else []
    if not inner:
        return sample
    rows = inner[0]
    assert isinstance(rows, list)
    rows *= max(1, size // len(sample))
    return json.dumps(held).encode()


def damaged(body: bytes, chance: random.Random) -> bytes:
    """A few places of an answer replaced: values by hostile ones, or anything by anything."""
    is_well_formed = chance.random() < 0.6
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(body) + 1)
        end = start + chance.choice((0, 1, 8, 40))
        by = chance.choice((chance.choice(NASTY), chance.randbytes(8), body[start : start + 99]))
        value = SCALAR.search(body, start)
        if is_well_formed and value:
            start, end, by = *value.span(1), chance.choice(VALUES)
        body = body[:start] + by + body[end:]
    return body


def pieces(parser: Parser, size: int, chance: random.Random) -> list[bytes]:
    """So many bytes for a parser: half random, half damaged."""
    most = PIECE if parser.share > 1 else PIECE // 4
    made: list[bytes] = []
    left = size // 2
    while left > 0:
        made.append(chance.randbytes(min(left, chance.randrange(1, most))))
        left -= len(made[-1])
    large = [grown(sample, most) for sample in parser.samples]
    left = size // 2
    while left > 0:
        of = chance.choice(parser.samples if chance.random() < 0.1 else large)
        made.append(damaged(of, chance))
        left -= len(made[-1])
    return made


def with_fault(fault: str, found: dict[str, Parser]) -> dict[str, Parser]:
    """The parsers, and one that is at fault."""
    kept: list[bytes] = []

    def crash(body: bytes) -> None:
        if PLANTED in body:
            raise KeyError("planted")

    def leak(body: bytes) -> None:
        kept.append(body * 300)

    faults = {"crash": crash, "leak": leak}
    if fault:
        found[f"planted {fault}"] = Parser(faults[fault], (b"[1]",), share=2)
    return found


def resident() -> float:
    """What the process holds, in MB."""
    gc.collect()
    return float(psutil.Process().memory_info().rss) / MB


def run(megabytes: float, seed: int, fault: str) -> bool:
    """Throws them all; whether it all ended well."""
    chance, found = random.Random(seed), with_fault(fault, parsers())
    tallies = {name: Tally() for name in found}
    shares = sum(parser.share for parser in found.values())
    memory = [resident()]
    for number in range(ROUNDS):
        for name, parser in found.items():
            size = round(megabytes * MB * parser.share / shares / ROUNDS)
            for body in pieces(parser, size, chance):
                throw(parser.read, body, tallies[name])
        memory.append(resident())
        print(f"round {number + 1}: {memory[-1]:.0f} MB resident", flush=True)
    show(tallies)
    growth = max(memory[-2:]) - memory[SETTLED]
    crashes = sum(tally.crashes.total() for tally in tallies.values())
    print(f"{sum(t.size for t in tallies.values()) / MB:.1f} MB, {crashes} crashes")
    print(
        f"resident: {memory[0]:.0f} MB before, {memory[SETTLED]:.0f} MB after {SETTLED} rounds, "
        f"{memory[-1]:.0f} MB at the end; {growth:+.0f} MB, of which {LEAK_MB} are allowed"
    )
    return not crashes and growth <= LEAK_MB


def show(tallies: dict[str, Tally]) -> None:
    """One line for each parser, and what it failed of."""
    print(f"{'parser':16}{'MB':>7}{'answers':>9}{'read':>8}{'s':>8}{'longest s':>11}  crashes")
    for name, tally in tallies.items():
        print(
            f"{name:16}{tally.size / MB:7.2f}{tally.calls:9}{tally.well:8}{tally.seconds:8.1f}"
            f"{tally.longest:11.2f}  {tally.crashes.total()}"
        )
        for said, times in tally.crashes.most_common(5):
            print(f"    {times} × {said}")


def main() -> None:
    """Reads the arguments and runs."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--megabytes", type=float, default=100)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--plant", choices=("", "crash", "leak"), default="")
    asked = parser.parse_args()
    faulthandler.enable()  # a stack that overflows ends the process: say where
    sys.exit(not run(asked.megabytes, asked.seed, asked.plant))


if __name__ == "__main__":
    main()
