"""From the bytes of a file to documents, whatever the bytes: X12 or JSON, told by how they begin.

A file is read whole or not at all. What is read has one shape for both formats: the columns of
`sources.cleo.tables.DOCUMENTS` but two, which the reading adds.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from dataclasses import dataclass
from typing import Any

from sources.cleo.parsing.json_documents import json_documents
from sources.cleo.parsing.unreadable import Unreadable
from sources.cleo.parsing.x12_documents import x12_documents

__all__ = ["Parsed", "Unreadable", "parse"]


@dataclass(frozen=True)
class Parsed:
    """What a file holds.

    Attributes:
        format: "x12" or "json".
        documents: the rows, in order, by wire names; `position` counts from 1. All is ready for
            JSON: decimals are texts as they were meant, days are ISO 8601.
    """

    format: str
    documents: tuple[dict[str, Any], ...]


def parse(content: bytes) -> Parsed:
    """Reads the documents of one file.

    UTF-8 is tried first, with or without a byte order mark, then Latin-1 [A].

    Raises:
        Unreadable: it is neither X12 nor JSON, or something of it is wrong or missing; nothing
            else is raised, whatever the bytes are.
    """
    text = _text(content.removeprefix(BOM_UTF8)).lstrip(" \t\r\n")
    if not text:
        raise Unreadable("the file is empty")
    if text.startswith("ISA"):
        if "\0" in text:
            raise Unreadable(f"there is a NUL at character {text.index(chr(0)) + 1}")
        return Parsed("x12", tuple(x12_documents(text)))
    if text[0] in "{[":
        return Parsed("json", tuple(json_documents(text)))
    raise Unreadable("it is neither X12 (it would begin with ISA) nor JSON")


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")
