"""A Swagger file may hold anything: it is told of, or it is misconfigured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources._http.errors import Misconfigured
from sources.cimcloud.guard import forbidden, is_secret_field
from sources.cimcloud.resources import resources_of, tables_of
from sources.cimcloud.swagger import read_swagger
from sources.cimcloud.swagger_document import MOST_BYTES
from tests.sources.cimcloud_swagger import (
    Document,
    as_declared,
    line,
    pasted,
    report,
    swagger_2,
)


def test_references_that_lead_nowhere_or_round_and_round(tmp_path: Path) -> None:
    document = swagger_2(as_declared())
    document["definitions"] |= {
        "orders": {"$ref": "#/definitions/orders"},
        "credits": {"allOf": [{"$ref": "#/definitions/credits"}] * 3},
        "payments": {"$ref": "https://elsewhere.example/x.json#/a"},
        "shipments": {"$ref": "#/definitions/gone/9/~1"},
    }
    said = report(tmp_path, document)
    for name in ("orders", "credits", "payments", "shipments"):
        assert "its fields are not described" in line(said, f"{name}:")


def exploding() -> Document:
    """References that double at every step, and then some."""
    document = swagger_2(as_declared())
    for level in range(40):
        part = {"$ref": f"#/definitions/e{level + 1}"}
        document["definitions"][f"e{level}"] = {"allOf": [part] * 40}
    document["definitions"]["orders"] = {"$ref": "#/definitions/e0"}
    return document


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no `paths`"),
        ('{"paths": {"/orders": {"post": {}}}}', "none of its paths is a list"),
        ("[]", "no `paths`"),
        ("{}", "no `paths`"),
        ('{"paths": []}', "no `paths`"),
        ('{"paths": {', "it is no JSON"),
        ("[" * 100_000, "nested too deep"),
        ("a: " + "[" * 100_000, "nested too deep"),
        ("a: &a {<<: *a}", "merges"),
        ("a: [b", "it is no YAML"),
        ("paths: !!python/object/apply:os.getcwd []", "no `paths`"),
        ('{"a": ' + "9" * 10_000 + "}", "it is no JSON"),
        ("a: " + "1:1" * 200_000, "no `paths`"),
        ("a: b\n" * 1_100_000, "as YAML it may hold 5 MB"),
        (" " * (MOST_BYTES + 1), "it is over 20 MB"),
        (json.dumps(exploding()), "too many steps"),
    ],
    ids=lambda value: ascii(value[:20]),
)
def test_a_file_that_cannot_be_used(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(Misconfigured, match=why):
        report(tmp_path, text)


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="No such file"):
        read_swagger(tmp_path / "gone.json", "cimcloud", {})
    (tmp_path / "site.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(Misconfigured, match="not UTF-8"):
        read_swagger(tmp_path / "site.json", "cimcloud", {})


def test_settings_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"sources\.cimcloud\.resources\.orders\.path"):
        report(tmp_path, swagger_2({}), {"resources": {"orders": {"path": "a b"}}})


WIRES = st.one_of(
    st.sampled_from(
        ["id", "quote_id", "c_ordnum", "o_key", "O_KEY", "last_modify_date", "pw", "x"]
    ),
    st.text(max_size=6),
)
SCHEMAS = st.recursive(
    st.one_of(
        st.none(),
        st.text(max_size=3),
        st.fixed_dictionaries(
            {},
            optional={
                "type": st.sampled_from(["string", "integer", "number", "object", ["null"], 3]),
                "format": st.sampled_from(["date", "date-time", 1]),
                "description": st.one_of(st.text(max_size=9), st.integers()),
                "$ref": st.sampled_from(
                    ["#/definitions/a", "#/paths", "#/definitions/b/0", "#", 1]
                ),
            },
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.fixed_dictionaries(
            {},
            optional={
                "type": st.sampled_from(["array", "object"]),
                "items": inner,
                "properties": st.one_of(st.dictionaries(WIRES, inner, max_size=5), inner),
                "allOf": st.one_of(st.lists(inner, max_size=2), inner),
            },
        ),
    ),
    max_leaves=8,
)
ROUTES = st.lists(
    st.sampled_from(
        ["orders", "Orders", "{page}", "acme", "quotes", "a b", "", "..", "OnlineOrders"]
    ),
    max_size=4,
).map("/".join)
DOCUMENTS = st.one_of(
    SCHEMAS,
    st.fixed_dictionaries(
        {
            "paths": st.dictionaries(
                ROUTES,
                st.one_of(
                    SCHEMAS,
                    st.builds(
                        lambda schema: {
                            "get": {
                                "responses": {"200": {"schema": {"type": "array", "items": schema}}}
                            }
                        },
                        st.one_of(
                            SCHEMAS,
                            st.builds(lambda p: {"properties": p}, st.dictionaries(WIRES, SCHEMAS)),
                        ),
                    ),
                ),
                max_size=4,
            )
        },
        optional={
            "definitions": st.dictionaries(st.sampled_from("ab"), SCHEMAS),
            "basePath": st.one_of(st.integers(), st.sampled_from(["/acme/v2", "//[", ""])),
            "servers": SCHEMAS,
        },
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(DOCUMENTS, st.booleans())
def test_any_document_is_told_of_or_misconfigured(
    tmp_path: Path, document: Any, as_yaml: bool
) -> None:
    text = yaml.safe_dump(document, allow_unicode=True) if as_yaml else json.dumps(document)
    try:
        said = report(tmp_path, text)
    except Misconfigured:
        return
    if not said.toml:
        return
    section = pasted(said)
    for entry in section["resources"].values():
        assert forbidden(entry.get("path", "")) is None
        assert not any(is_secret_field(c["wire"]) for c in entry.get("columns", ()))
    assert len(tables_of(section)) == len(resources_of(section))
    again = report(tmp_path, text, {"site": "acme", **section})
    assert again.toml == ""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(), st.binary()))
def test_any_file_is_misconfigured_at_worst(tmp_path: Path, held: str | bytes) -> None:
    file = tmp_path / "site.json"
    file.write_bytes(held if isinstance(held, bytes) else held.encode("utf-8", "replace"))
    with pytest.raises(Misconfigured):
        read_swagger(file, "cimcloud", {})
