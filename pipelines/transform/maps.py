"""The mappings that the user owns: what a step means, and which customers are one.

    maps/steps.csv      vendor,document_type,step,stage,stage_order,outcome
    maps/customers.csv  customer_key,same_as_customer_key

Both are read and judged whole before anything is built: every problem is told at once, with its
line. A file that is not there maps nothing.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sources._http.errors import Misconfigured

DOCUMENT_TYPES = ("quotation", "order", "work_order")
OUTCOMES = ("open", "won", "lost")
MAX_STAGE_ORDER = 2**31 - 1  # a DuckDB INTEGER

STEPS = "steps.csv"
STEP_COLUMNS = ("vendor", "document_type", "step", "stage", "stage_order", "outcome")
STEP_EXAMPLE = "cienapps,quotation,02 - QUOTING STAGE,Quoting,20,open"
CUSTOMERS = "customers.csv"
CUSTOMER_COLUMNS = ("customer_key", "same_as_customer_key")
CUSTOMER_EXAMPLE = "c_0123456789abcdef,c_fedcba9876543210"

# everything Unicode calls white space, said as the macro `clean` says it
_BLANKS = re.compile(r"[\x09-\x0d\x1c-\x20\x85\s]+")


class MapsMisconfigured(Misconfigured):
    """A file in `maps/` cannot be used as it is written.

    Attributes:
        problems: all that was found, in the order of files and lines.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
        super().__init__(
            f"{count} in the maps:\n" + "\n".join(f"  {problem}" for problem in problems) + "\n",
            next_command="penstock run",
        )


@dataclass(frozen=True)
class StepMapping:
    """What one step of one kind of document means, and the line that says so."""

    line: int
    vendor: str
    document_type: str
    step: str
    stage: str
    stage_order: int
    outcome: str


@dataclass(frozen=True)
class CustomerMapping:
    """One customer declared the same as another.

    Attributes:
        line: the line that says so.
        customer_key: the customer that documents are recognised as.
        same_as_customer_key: who that is.
        final_customer_key: where the chain of such lines ends.
    """

    line: int
    customer_key: str
    same_as_customer_key: str
    final_customer_key: str


@dataclass(frozen=True)
class Maps:
    """Both files, judged."""

    steps: tuple[StepMapping, ...] = ()
    customers: tuple[CustomerMapping, ...] = ()


def read_maps(folder: Path) -> Maps:
    """Reads `steps.csv` and `customers.csv` of that folder.

    Raises:
        MapsMisconfigured: either file has lines that cannot be used; it names every one of them.
    """
    steps = _File(folder / STEPS, STEP_COLUMNS, STEP_EXAMPLE)
    customers = _File(folder / CUSTOMERS, CUSTOMER_COLUMNS, CUSTOMER_EXAMPLE)
    maps = Maps(tuple(_steps(steps)), tuple(_customers(customers)))
    problems = steps.problems + customers.problems
    if problems:
        raise MapsMisconfigured(problems)
    return maps


def step_key(step: str) -> str:
    """What two spellings of a step have in common: the macro of this name, for duplicates here."""
    return unicodedata.normalize("NFC", _BLANKS.sub(" ", step).strip()).lower()


class _File:
    """A CSV file being judged: its usable lines, and what is wrong with the others."""

    def __init__(self, path: Path, columns: Sequence[str], example: str) -> None:
        self.path = path
        self.columns = tuple(columns)
        self.example = example
        self.problems: list[str] = []

    def refuse(self, line: int, message: str) -> None:
        """Notes a problem with that line."""
        self.problems.append(
            f"{self.path}, line {line}: {message} (columns {','.join(self.columns)}; "
            f"for example {self.example})"
        )

    def lines(self) -> Iterator[tuple[int, Mapping[str, str]]]:
        """Line number and trimmed cells by column, of the lines that have the right shape."""
        rows = self._rows()
        line, header = next(rows, (1, []))
        if not header:
            return
        if tuple(name.lower() for name in header) != self.columns:
            self.refuse(line, f"the columns are {','.join(header)}{_separator_hint(header)}")
            return
        for line, cells in rows:
            if len(cells) != len(self.columns):
                self.refuse(line, f"{len(cells)} cells instead of {len(self.columns)}")
            else:
                yield line, dict(zip(self.columns, cells, strict=True))

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Line number and trimmed cells of everything but blank lines."""
        if not self.path.exists():
            return
        try:
            text = self.path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            self.refuse(line, "not UTF-8 text; save the file as CSV UTF-8")
            return
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            for cells in reader:
                trimmed = [cell.strip() for cell in cells]
                if any(trimmed):
                    yield reader.line_num, trimmed
        except csv.Error as error:
            self.refuse(reader.line_num, f"not CSV: {error}")


def _separator_hint(header: Sequence[str]) -> str:
    return ", separated by ; instead of ," if len(header) == 1 and ";" in header[0] else ""


def _steps(file: _File) -> Iterator[StepMapping]:
    first_lines: dict[tuple[str, str, str], int] = {}
    for line, cells in file.lines():
        objections = [f"{name} is empty" for name in STEP_COLUMNS if not cells[name]]
        if cells["document_type"] not in ("", *DOCUMENT_TYPES):
            objections.append(
                f"document_type is {cells['document_type']!r}, not {_either(DOCUMENT_TYPES)}"
            )
        if cells["outcome"] not in ("", *OUTCOMES):
            objections.append(f"outcome is {cells['outcome']!r}, not {_either(OUTCOMES)}")
        order = cells["stage_order"]
        if order and not (re.fullmatch(r"[0-9]{1,10}", order) and int(order) <= MAX_STAGE_ORDER):
            objections.append(f"stage_order is {order!r}, not a whole number from 0")
        key = (cells["vendor"].lower(), cells["document_type"], step_key(cells["step"]))
        if first_lines.setdefault(key, line) != line:
            objections.append(f"the step {cells['step']!r} is mapped in line {first_lines[key]}")
        if objections:
            file.refuse(line, "; ".join(objections))
            continue
        yield StepMapping(
            line=line,
            vendor=cells["vendor"],
            document_type=cells["document_type"],
            step=cells["step"],
            stage=cells["stage"],
            stage_order=int(order),
            outcome=cells["outcome"],
        )


def _customers(file: _File) -> Iterator[CustomerMapping]:
    same: dict[str, tuple[int, str]] = {}
    for line, cells in file.lines():
        key, same_as = cells["customer_key"], cells["same_as_customer_key"]
        if not key or not same_as:
            file.refuse(line, f"{'customer_key' if not key else 'same_as_customer_key'} is empty")
        elif key in same:
            file.refuse(line, f"the customer {key} is mapped in line {same[key][0]}")
        else:
            same[key] = (line, same_as)
    in_circles: set[str] = set()
    for key, (line, same_as) in same.items():
        path = _follow(key, same)
        if path[-1] in path[:-1]:
            circle = path[path.index(path[-1]) :]
            if not in_circles.intersection(circle):
                file.refuse(line, f"customers go in a circle: {' → '.join(circle)}")
            in_circles.update(circle)
        else:
            yield CustomerMapping(line, key, same_as, path[-1])


def _follow(key: str, same: Mapping[str, tuple[int, str]]) -> list[str]:
    """The customers from `key` on, to the last one or to the first that comes twice."""
    path = [key]
    while path[-1] in same and path[-1] not in path[:-1]:
        path.append(same[path[-1]][1])
    return path


def _either(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
