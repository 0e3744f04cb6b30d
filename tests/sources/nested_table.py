"""A table with everything that nests, and rows for it: mostly right, some nearly, some not."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from sources._tables.declare import Child, Column, Kind, Table, VersionBy


def column(name: str, kind: Kind = Kind.TEXT, *within: str, **more: Any) -> Column:
    """A column whose wire name is its own."""
    more = {"wire": name, "description": f"a {name}"} | more
    return Column(name=name, kind=kind, within=within, **more)


CONTACTS = Table(
    name="contacts",
    description="One of everything that nests.",
    key=("id",),
    version_by=VersionBy.CHANGE_TIME,
    version="changed_at",
    ignored=("person.photo_url", "privacy"),
    columns=(
        column("id", required=True),
        column("changed_at", Kind.TIMESTAMP, "log", wire="updated", required=True),
        column("name", Kind.TEXT, "person"),
        column("age", Kind.INTEGER, "person"),
        column("title", Kind.TEXT, "person", volatile=True),
        column("zip", Kind.TEXT, "person", "address", aliases=("post_code",)),
        column("consents", Kind.JSON, "person"),
        column("records", Kind.JSON, aliases=("old_records",)),
    ),
    children=(
        Child(
            name="contact_lines",
            wire="lines",
            aliases=("lines_set",),
            description="Lines, known by their number.",
            key=("line_id",),
            ignored=("photo", "product.photo"),
            columns=(
                column("line_id"),
                column("price", Kind.DECIMAL, required=True),
                column("product", Kind.TEXT, "product", wire="name", volatile=True),
                column("product_id", Kind.INTEGER, "product", wire="id"),
                column("tags", Kind.JSON),
            ),
        ),
        Child(
            name="contact_steps",
            wire="steps",
            description="Steps, in their order.",
            columns=(column("step", Kind.INTEGER, required=True),),
        ),
        Child(
            name="contact_codes",
            wire="codes",
            aliases=("code_list",),
            description="Codes.",
            columns=(column("code", wire="$"),),
        ),
    ),
)

_EMPTY: st.SearchStrategy[Any] = st.sampled_from([None, "", " ", [], {}])
_NUMBERS = st.integers(0, 3) | st.sampled_from([1.5, 0.1 + 0.2, 10**18, 10**20, -0.0, 12.70])
_WORDS = st.sampled_from(
    ["a", "b", " a ", "{", '{"a": 1}', "[1]", "é\u2028", "12345678901234567.5"]
)
_JSON = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _WORDS | st.just(""),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["a", "b", '"', "\\"]), inner, max_size=2)
    ),
    max_leaves=4,
)
_SCALARS = st.none() | _WORDS | _NUMBERS | st.booleans()
_ODD = _EMPTY | _JSON


def _mostly(usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 7).flatmap(lambda n: usual if n else _ODD)


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={n: _mostly(s) for n, s in fields.items()})


_PRODUCTS = _some(name=_WORDS, id=st.integers(0, 2), photo=_WORDS, colour=_SCALARS)
_LINES = st.builds(
    dict.__or__,
    st.fixed_dictionaries({"price": st.sampled_from([1, 1.5, "2.50", 0])}),
    _some(
        line_id=st.sampled_from(["1", "2"]),
        product=_PRODUCTS,
        tags=_JSON,
        photo=_WORDS,
        discount=_SCALARS,
        price=st.integers(0, 3),
    ),
)
_STEPS = st.fixed_dictionaries({"step": st.integers(0, 3)}, optional={"note": _SCALARS})
_ADDRESSES = _some(zip=_WORDS, post_code=_WORDS, landmark=_SCALARS)
_PEOPLE = _some(
    name=_WORDS,
    age=st.integers(0, 2),
    title=_WORDS,
    address=_ADDRESSES,
    consents=_JSON,
    photo_url=_WORDS,
    nickname=_JSON,
)
_CODES = st.lists(_WORDS | st.integers(0, 2), max_size=2)
_LISTS = st.lists(_mostly(_LINES), max_size=3)
_TIMES = st.sampled_from(["2024-01-08 12:00:00", "2024-01-08 12:00:01"])
_LOGS = st.fixed_dictionaries({"updated": _TIMES}, optional={"by": _SCALARS, "updated_by": _JSON})
ROWS = st.builds(
    dict.__or__,
    st.fixed_dictionaries({"id": st.just("k"), "log": _mostly(_LOGS)}),
    _some(
        person=_PEOPLE,
        records=_JSON,
        old_records=_JSON,
        lines=_LISTS,
        lines_set=_LISTS,
        steps=st.lists(_STEPS, max_size=2),
        codes=_CODES,
        code_list=_CODES,
        privacy=_JSON,
        new=_JSON,
    ),
)
"""Rows as a vendor may send them: about half of them have something odd."""
FIRST: dict[str, Any] = {
    "id": "first",
    "log": {"updated": "2024-01-08 12:00:00"},
    "lines": [{"price": 1}],
    "steps": [{"step": 1}],
}
"""A row that carries every required field, so that its page is no drift."""
