"""How one wire value becomes one typed value: SQL expressions over the value's text.

DuckDB's own JSON typing is silently wrong, in strict mode too (12.7 becomes 13, an offset is
dropped, the year 985 passes), so every field is read as text first and each kind says exactly
which texts it takes. A text that is there and comes out as NULL is quarantined by the caller.
"""

from __future__ import annotations

import re

from sources._tables.declare import ISO, Column, Kind
from sources._tables.quoting import identifier, literal, path_of

# white space that vendors pad with: space, tab, line feed, return, no-break space
BLANKS = "' ' || chr(9) || chr(10) || chr(13) || chr(160)"
FIRST_YEAR, LAST_YEAR = 1900, 2199
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
_ISO_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_OFFSET = r"(Z|z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)"
_ISO_PATTERN = "%Y-%m-%d"
_DIRECTIVES = {
    "%Y": "[0-9]{4}",
    "%m": "[0-9]{2}",
    "%-m": "(1[0-2]|0?[1-9])",
    "%d": "[0-9]{2}",
    "%-d": "(3[01]|[12][0-9]|0?[1-9])",
    "%H": "[0-9]{2}",
    "%-I": "(1[0-2]|0?[1-9])",
    "%p": "[AaPp][Mm]",
    "%M": "[0-9]{2}",
    "%S": "[0-9]{2}",
    "%g": "[0-9]{3}",
    "%f": "[0-9]{6}",
}


def text_of(column: Column) -> str:
    """The field's text out of the struct `x`: trimmed, and NULL where empty.

    Null and "" both mean empty (Cienapps sheet [S]); so does white space alone, and for JSON an
    empty array or object.
    """
    held = ["x" + "".join(f".{identifier(n)}" for n in (*column.within, w)) for w in column.wires]
    if column.kind is Kind.JSON:
        empty = """('""', '[]', '{}')"""
        names = [f"case when {h}::varchar not in {empty} then {h}::varchar end" for h in held]
    else:
        names = [f"nullif(trim({h}, {BLANKS}), '')" for h in held]
    return names[0] if len(names) == 1 else f"coalesce({', '.join(names)})"


def _matches(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {literal(pattern)})"


def pattern_regex(pattern: str) -> str:
    """The regular expression of the texts a `strptime` pattern may read.

    `strptime` itself takes "985-02-12" for `%Y-%m-%d` and skips blanks; every part is checked here.
    `%-m`, `%-d` and `%-I` take one digit or two, as their C# counterparts do.

    Raises:
        ValueError: the pattern uses a directive of no known width, or half a 12-hour clock.
    """
    parts = re.split(r"(%-?.)", pattern)
    unknown = [p for p in parts if p.startswith("%") and p not in _DIRECTIVES]
    if unknown:
        raise ValueError(f"pattern {pattern!r}: no width is known for {unknown[0]}")
    if ("%-I" in parts) != ("%p" in parts):
        raise ValueError(f"pattern {pattern!r}: a 12-hour clock needs both %-I and %p")
    return "".join(_DIRECTIVES.get(p) or re.escape(p) for p in parts)


def _first(branches: list[tuple[str, str]]) -> str:
    return "case " + " ".join(f"when {test} then {value}" for test, value in branches) + " end"


def _moment(text: str, patterns: tuple[str, ...]) -> str:
    """A TIMESTAMP of text without offset."""
    return _first([_reading(text, pattern) for pattern in patterns])


def _reading(text: str, pattern: str) -> tuple[str, str]:
    """Whether a text is of that pattern, and what it then says."""
    if pattern == ISO:
        return _matches(text, rf"{_ISO_DAY}[T ]{_CLOCK}"), f"try_cast({text} as timestamp)"
    return _matches(text, pattern_regex(pattern)), f"try_strptime({text}, {literal(pattern)})"


def _timestamp(text: str, column: Column, site_zone: str) -> str:
    patterns = column.patterns or (ISO,)
    naive = _moment(text, patterns)
    if column.zone == "site":
        naive = _from_site(naive, literal(site_zone))
    if ISO in patterns:
        stated = _matches(text, rf"{_ISO_DAY}[T ]{_CLOCK}{_OFFSET}")
        aware = f"timezone('UTC', try_cast({text} as timestamptz))"
        naive = f"case when {stated} then {aware} else {naive} end"
    return naive


def _from_site(naive: str, zone: str) -> str:
    """The site's clock as UTC.

    A clock that is set back shows an hour twice, and DuckDB takes the later. The earlier is meant
    where the later had not come yet when the page was received. (A clock that spring skips is taken
    as if it had not been set forward yet: 02:30 is 03:30.)
    """
    later, shown = f"timezone({zone}, clock)", "timezone('UTC', moment)"
    day = "interval 1 day"
    # what the clock has lost since the day before; the earlier moment is as much before the later
    lost = f"(timezone({zone}, moment - {day}) + {day} - timezone({zone}, moment))"
    earlier = f"(moment - {lost})"
    is_earlier = (
        f"observed_at < {shown} and observed_at >= {shown} - interval 3 hour "
        f"and {lost} > interval 0 hour "
        f"and timezone({zone}, {earlier}) = timezone({zone}, moment) "
        f"and timezone('UTC', {earlier}) <= observed_at"
    )
    chosen = f"case when {is_earlier} then timezone('UTC', {earlier}) else {shown} end"
    chosen = f"list_transform([{later}], lambda moment: {chosen})[1]"
    return f"list_transform([{naive}], lambda clock: {chosen})[1]"


def _in_years(value: str) -> str:
    return f"case when year({value}) between {FIRST_YEAR} and {LAST_YEAR} then {value} end"


def typed(text: str, column: Column, site_zone: str) -> str:
    """The expression that types `text` (an expression too) as `column` declares, or gives NULL."""
    match column.kind:
        case Kind.TEXT | Kind.JSON:
            return text
        case Kind.INTEGER:
            return (
                f"case when {_matches(text, '-?[0-9]{1,19}')} then try_cast({text} as bigint) end"
            )
        case Kind.DECIMAL:
            # more than four places would be rounded by the cast: refused, unless they are zeros
            fits = _matches(text, r"-?[0-9]{1,14}(\.[0-9]{0,4}0*)?")
            return f"case when {fits} then try_cast({text} as decimal(18,4)) end"
        case Kind.FLAG:
            word = f"lower({text})"
            return _first(
                [(f"{word} in ('true', '1')", "true"), (f"{word} in ('false', '0')", "false")]
            )
        case Kind.DATE:
            return _in_years(_day(text, column.patterns))
        case Kind.TIMESTAMP:
            return _in_years(_timestamp(text, column, site_zone))


def _day(text: str, patterns: tuple[str, ...]) -> str:
    """A DATE of text; a clock that its pattern reads is left off."""
    days = tuple(_ISO_PATTERN if pattern == ISO else pattern for pattern in patterns or (ISO,))
    return f"cast({_moment(text, days)} as date)"


def suspicious(column: Column, text: str) -> str:
    """Whether a text may have lost something on the way: a cheap test, true too often.

    An object or array where a scalar belongs arrives as its JSON text, and a number of more than
    15 digits has been through a double.
    """
    if column.kind is Kind.JSON:
        return f"case when length({text}) > 16 then regexp_matches({text}, '[0-9.]{{17}}') end"
    numeric = _matches(text, r"-?[0-9.]+([eE][+-]?[0-9]+)?")
    long = f"case when length({text}) > 15 then {numeric} else false end"
    return f"(starts_with({text}, '{{') or starts_with({text}, '[') or {long})"


def damaged(column: Column, text: str) -> str:
    """Whether a suspicious text did lose something: the wire's own type decides.

    A *string* that looks like an object or a long number is intact.
    """
    if column.kind is Kind.JSON:
        bare = f"""regexp_replace({text}, '"(?:[^"\\\\]|\\\\.)*"', '', 'g')"""
        doubles = f"regexp_extract_all({bare}, '[0-9]+[.eE][0-9.eE+-]*')"
        return f"list_bool_or(list_transform({doubles}, lambda n: {_has_long_digits('n')}))"
    paths = [literal(path_of((*column.within, wire))) for wire in column.wires]
    types = [f"json_type(row, {path})" for path in paths]
    said = [f"nullif(trim(json_extract_string(row, {path}), {BLANKS}), '')" for path in paths]
    cases = [f"when {s} is not null then {t}" for s, t in zip(said, types, strict=True)]
    held = types[0] if len(types) == 1 else f"case {' '.join(cases)} end"
    return _is_damaged(held, text)


def damaged_element(element: str, text: str) -> str:
    """The same for an element of an array of scalars, which is a JSON value."""
    return f"coalesce({_is_damaged(f'json_type({element})', text)}, false)"


def _is_damaged(held: str, text: str) -> str:
    return f"({held} in ('OBJECT', 'ARRAY') or ({held} = 'DOUBLE' and {_has_long_digits(text)}))"


def _has_long_digits(number: str) -> str:
    return f"length(regexp_replace({number}, '[eE].*$|[^0-9]', '', 'g')) > 15"
