"""The questions that the README answers, as they stand there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.house import REPOSITORY

# a numbered question in bold, its query, and what the demo's file answers, as DuckDB draws it
_ASKED = re.compile(
    r"^\*\*\d\. ([^*]+\?)\*\*\n\n```sql\n(.+?)\n```\n```\n(┌.+?)\n```$", re.M | re.S
)


@dataclass(frozen=True)
class Question:
    """A question, its query, and the answer that is printed."""

    text: str
    query: str
    answer: str

    @property
    def columns(self) -> list[str]:
        """The names of the answer's columns."""
        return [cell.strip() for cell in self.answer.splitlines()[1].strip("│").split("│")]


def questions() -> list[Question]:
    """Those of the section Query, in order."""
    text = (REPOSITORY / "README.md").read_text("utf-8")
    section = text.partition("\n## Query\n")[2].partition("\n## ")[0]
    return [Question(*found) for found in _ASKED.findall(section)]
