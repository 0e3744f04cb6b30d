"""The only ways a name or a value gets into a statement."""

from __future__ import annotations


def identifier(name: str) -> str:
    """`name` as a quoted SQL identifier."""
    if "\x00" in name:
        raise ValueError("a name holds a NUL character")
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` as a SQL string literal."""
    if "\x00" in text:
        raise ValueError("a text holds a NUL character")
    return "'" + text.replace("'", "''") + "'"


def pointer(field: str) -> str:
    """The JSON pointer of a first-level field, whatever characters its name holds."""
    return "/" + field.replace("~", "~0").replace("/", "~1")
