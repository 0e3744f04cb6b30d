"""The only ways a name or a value gets into a statement."""

from __future__ import annotations

from collections.abc import Sequence


def identifier(name: str) -> str:
    """`name` as a quoted SQL identifier."""
    if "\x00" in name:
        raise ValueError("a name holds a NUL character")
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` as a SQL string expression; a NUL, which ends a statement, is spelt `chr(0)`."""
    parts = ["'" + part.replace("'", "''") + "'" for part in text.split("\x00")]
    return parts[0] if len(parts) == 1 else "(" + " || chr(0) || ".join(parts) + ")"


def pointer(field: str) -> str:
    """The JSON pointer of a first-level field, whatever characters its name holds."""
    return "/" + field.replace("~", "~0").replace("/", "~1")


def path_of(names: Sequence[str]) -> str:
    """The JSON path of the field that these names lead to; none: the value itself."""
    return "".join(map(pointer, names)) or "$"
