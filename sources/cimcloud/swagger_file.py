"""A site's Swagger file (Swagger 2.0 or OpenAPI 3), read for what lists it has and their fields.

The Worker Portal shows each site's own Swagger, with every resource, field and field description
[S]. How the file itself is read, and within which bounds: `swagger_document`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from sources._tables.declare import Kind
from sources.cimcloud.guard import forbidden
from sources.cimcloud.search import Unspeakable, require_path
from sources.cimcloud.swagger_document import Document, listed, load, one_line, unusable

_NO_LISTS: Final = frozenset({"healthcheck", "validate", "authenticate", "refresh"})
_KINDS: Final = {"integer": Kind.INTEGER, "number": Kind.DECIMAL, "boolean": Kind.FLAG}
_FORMATS: Final = {
    "date": Kind.DATE,
    "date-time": Kind.TIMESTAMP,
    "decimal": Kind.DECIMAL,  # money is text with up to four places [P]
    "currency": Kind.DECIMAL,
}
_PARAMETER = re.compile(r"\{.*\}")


@dataclass(frozen=True)
class SiteField:
    """One field of a resource.

    Attributes:
        wire: its name.
        kind: how it is read; None for an object or a list, which no column holds.
        description: as the file has it, one line; may be empty.
    """

    wire: str
    kind: Kind | None
    description: str


@dataclass(frozen=True)
class SiteResource:
    """One resource that can be read.

    Attributes:
        path: below the site.
        fields: by name; empty where the file does not describe them.
        is_list: GET answers a list of objects.
        description: as the file has it, one line; may be empty.
    """

    path: str
    fields: Mapping[str, SiteField] = field(repr=False)
    is_list: bool
    description: str


def read_site(file: Path, site: str) -> tuple[SiteResource, ...]:
    """The resources of a site that GET can read, in the file's order.

    What must never be called is not among them, and nothing that can only be written.

    Args:
        file: JSON, or YAML.
        site: the site's name, which the file's paths may begin with.

    Raises:
        Misconfigured: the file cannot be read, or is no Swagger.
    """
    root = load(file)
    paths = root.get("paths") if isinstance(root, dict) else None
    if not isinstance(root, dict) or not isinstance(paths, dict):
        raise unusable(file, "it has no `paths`, so it is no Swagger or OpenAPI document")
    document = Document(file, root)
    prefix = _prefix(document, site)
    found: dict[str, SiteResource] = {}
    for template, item in paths.items():
        path = _resource_path(str(template), prefix, site)
        get = document.at(item).get("get") if path else None
        if path is None or not isinstance(get, dict):
            continue
        resource = _resource(document, path, get)
        before = found.get(path.casefold())
        found[path.casefold()] = _merged(before, resource) if before else resource
    if not found:
        raise unusable(file, "none of its paths is a list that GET reads")
    return tuple(found.values())


def _resource(document: Document, path: str, get: Mapping[str, Any]) -> SiteResource:
    schema = _answer(document, get)
    is_list = schema.get("type") == "array" or "array" in listed(schema.get("type"))
    properties = document.fields(schema.get("items") if is_list else schema)
    return SiteResource(
        path=path,
        fields={name: _field(name, held) for name, held in properties.items()},
        is_list=is_list and bool(properties),
        description=one_line(get.get("summary")) or one_line(get.get("description")),
    )


def _answer(document: Document, get: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of a good answer: Swagger 2 has it in the response, OpenAPI 3 per media type."""
    responses = {str(code): said for code, said in document.at(get.get("responses")).items()}
    good = sorted(code for code in responses if code.startswith("2"))
    for code in (*good, "default"):
        response = document.at(responses.get(code))
        content = document.at(response.get("content"))
        media = sorted(content, key=lambda name: "json" not in str(name).lower())
        for held in (response, *(document.at(content[name]) for name in media)):
            if schema := document.at(held.get("schema")):
                return schema
    return {}


def _field(name: str, held: Mapping[str, Any]) -> SiteField:
    return SiteField(
        wire=name,
        kind=_kind(held),
        description=one_line(held.get("description")) or one_line(held.get("title")),
    )


def _kind(held: Mapping[str, Any]) -> Kind | None:
    types = [t for t in (listed(held.get("type")) or [held.get("type")]) if t != "null"]
    first = types[0] if types else None
    if first in ("object", "array") or "properties" in held or "items" in held:
        return None
    said = held.get("format")
    if first in (None, "string") and isinstance(said, str):
        return _FORMATS.get(said, Kind.TEXT)
    return _KINDS.get(first, Kind.TEXT) if isinstance(first, str) else Kind.TEXT


def _merged(one: SiteResource, other: SiteResource) -> SiteResource:
    """A resource that several routes lead to: with a search string, with a page, with neither."""
    return SiteResource(
        path=one.path,
        fields={**other.fields, **one.fields},
        is_list=one.is_list or other.is_list,
        description=one.description or other.description,
    )


def _prefix(document: Document, site: str) -> list[str]:
    """What stands between the site and a resource, by the file's own base."""
    servers = listed(document.root.get("servers"))
    said = document.root.get("basePath") or document.at(servers[0] if servers else None).get("url")
    if not isinstance(said, str):
        return []
    try:
        segments = _segments(urlsplit(said).path)
    except ValueError:
        return []
    places = [n for n, segment in enumerate(segments) if _is_site(segment, site)]
    return segments[places[0] + 1 :] if places else []


def _resource_path(template: str, prefix: list[str], site: str) -> str | None:
    """The resource that a route reads as a list; None where it reads something else.

    A list's route is the resource, then nothing but parameters: the search string, the page.
    """
    segments = _segments(template)
    if len(segments) > 1 and _is_site(segments[0], site) and not _is_parameter(segments[1]):
        del segments[0]
    names = [*prefix, *_until_parameter(segments)]
    rest = segments[len(names) - len(prefix) :]
    path = "/".join(names)
    if not names or not all(map(_is_parameter, rest)):
        return None
    try:
        require_path(path)
    except Unspeakable:
        return None
    return None if names[0].casefold() in _NO_LISTS or forbidden(path) else path


def _until_parameter(segments: list[str]) -> Iterator[str]:
    for segment in segments:
        if _is_parameter(segment):
            return
        yield segment


def _is_site(segment: str, site: str) -> bool:
    return _is_parameter(segment) or (bool(site) and segment.casefold() == site.casefold())


def _is_parameter(segment: str) -> bool:
    return _PARAMETER.fullmatch(segment) is not None


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]
