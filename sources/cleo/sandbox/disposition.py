"""The file name of a Content-Disposition, as RFC 6266 has it: a token, quoted, or extended."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

_PARAMETER = re.compile(r';\s*(filename\*?)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)', re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)")


def file_name(header: str) -> str | None:
    """The name in the header, which comes as Latin-1 text; None if there is none.

    `filename*` goes before `filename`; bytes of a plain name that are UTF-8 are read as such.
    """
    found = {match[1].lower(): match[2].strip() for match in _PARAMETER.finditer(f";{header}")}
    if "filename*" in found and (name := _extended(found["filename*"])):
        return name
    plain = found.get("filename", "")
    if plain.startswith('"'):
        plain = _ESCAPED.sub(r"\1", plain[1:-1])
    try:
        return plain.encode("latin-1").decode() or None
    except UnicodeError:
        return plain


def _extended(value: str) -> str | None:
    """The text of `UTF-8''na%C3%AFve.csv`; None if it is no such."""
    charset, _, rest = value.partition("'")
    _language, quote, text = rest.partition("'")
    try:
        return unquote_to_bytes(text).decode(charset) if quote else None
    except (LookupError, UnicodeError):
        return None
