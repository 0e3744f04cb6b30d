"""What a site's Swagger says against what is declared here, and the settings that follow from it.

The defaults are likely names [A]; the site's own Swagger has the true ones [S]. For each table:
whether its resource is there, by its path, else by its key and fields; whether the key and the
fields that readings go by are; what is missing, and what the site has besides. What other lists
the site has is offered as tables of one's own, switched off: each costs calls.

The settings come as TOML that replaces the connection's `resources` sections and is read by
`resources_of` and `tables_of` unchanged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from sources.cimcloud.guard import fold
from sources.cimcloud.offers import (
    DAILY,
    Offered,
    columns_offered,
    guess_changed,
    guess_created,
    guess_key,
    in_place_of,
    offer,
)
from sources.cimcloud.resources import Setting, settle
from sources.cimcloud.swagger_file import SiteResource, read_site

_ALIKE: Final = 0.5  # share of the declared fields that a resource of another name must have
_NAMED: Final = 12  # so many names are told; the TOML has all of them
_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


class Line(NamedTuple):
    """One line for the terminal; not `ok` where the settings do not fit the site."""

    ok: bool
    text: str


@dataclass(frozen=True)
class SiteReport:
    """What a site's Swagger says of a connection's tables.

    Attributes:
        lines: for the terminal.
        toml: settings to put in place of the connection's `resources` sections; empty where they
            fit as they are.
    """

    lines: tuple[Line, ...]
    toml: str


def read_swagger(file: Path, connection: str, section: Mapping[str, Any]) -> SiteReport:
    """Compares a site's Swagger with a connection's settings.

    Args:
        file: JSON or YAML, Swagger 2.0 or OpenAPI 3.
        connection: the connection's name.
        section: its settings.

    Raises:
        Misconfigured: the file cannot be used, or the settings cannot.
    """
    settings = settle(section, connection)
    site = read_site(file, str(section.get("site") or ""))
    matched = _matched(settings, site)
    said: Mapping[str, Offered] = section.get("resources") or {}
    keys = {wire for setting in settings for wire in setting.resource.key}
    lines: list[Line] = []
    sections: dict[str, Offered] = {}
    for setting in settings:
        name = setting.table.name
        judged = _Judged(setting, matched.get(name), dict(said.get(name, {})), keys)
        sections[name] = judged.entry
        lines.append(judged.line())
    used = {resource.path for resource in matched.values()}
    for resource in site:
        if resource.path not in used:
            lines.append(_offered(resource, sections, keys))
    is_changed = any(entry != said.get(name, {}) for name, entry in sections.items())
    if not is_changed:
        lines.append(Line(True, "the settings fit this site as they are"))
    return SiteReport(tuple(lines), _toml(connection, sections) if is_changed else "")


def _matched(settings: Sequence[Setting], site: Sequence[SiteResource]) -> dict[str, SiteResource]:
    """The resource of each table that has one: of its path, else the one most like it."""
    left = {resource.path.casefold(): resource for resource in site}
    found: dict[str, SiteResource] = {}
    for setting in sorted(settings, key=lambda s: not s.is_read):
        if resource := left.pop(setting.resource.path.casefold(), None):
            found[setting.table.name] = resource
    rest = [setting for setting in settings if setting.table.name not in found]
    likely = [(_likeness(s, r), s.table.name, r) for s in rest for r in left.values()]
    for score, name, resource in sorted(likely, key=lambda one: -one[0]):
        path = resource.path.casefold()
        if score and name not in found and path in left:
            found[name] = left.pop(path)
    return found


def _likeness(setting: Setting, site: SiteResource) -> float:
    """How sure it is that a resource of another path is the table's; 0 where it is not."""
    names = {fold(name).removesuffix("s") for name in (setting.table.name, setting.resource.path)}
    is_named = fold(site.path).removesuffix("s") in names
    wires = [c.wire for c in setting.table.columns]
    share = sum(wire in site.fields for wire in wires) / len(wires)
    has_key = all(wire in site.fields for wire in setting.resource.key)
    return share + is_named if is_named or (has_key and share >= _ALIKE) else 0.0


class _Judged:
    """One table held against its resource: the settings it needs, and what there is to tell."""

    def __init__(
        self, setting: Setting, site: SiteResource | None, entry: Offered, keys: set[str]
    ) -> None:
        self.entry = entry
        self._setting = setting
        self._fits = True
        self._told: list[str] = []
        self._placed: dict[str, Offered] = {}
        if site is None:
            self._switch_off(f"the site has no resource {setting.resource.path}, nor one like it")
            return
        if site.path != setting.resource.path:
            self._set(f"the site calls it {site.path}", path=site.path)
        if not site.fields:
            self._told.append(f"{site.path} is there; its fields are not described")
            return
        self._look_at_key(site, keys - set(setting.resource.key))
        self._look_at_cursor(site)
        self._look_at_fields(site)

    def line(self) -> Line:
        """What there is to tell of the table."""
        off = [] if self._setting.is_read else ["switched off"]
        told = "; ".join([*off, *self._told]) or "fits"
        return Line(self._fits or not self._setting.is_read, f"{self._setting.table.name}: {told}")

    def _set(self, why: str, **said: Any) -> None:
        """A setting that the site needs and that is not there."""
        self._fits = False
        self._told.append(why)
        self.entry.update(said)

    def _switch_off(self, why: str) -> None:
        self._set(why, enabled=False)

    def _look_at_key(self, site: SiteResource, others: set[str]) -> None:
        key = self._setting.resource.key
        missing = [wire for wire in key if wire not in site.fields]
        if not missing:
            return
        kept = {c.wire for c in self._setting.table.columns}
        kept |= {c["wire"] for c in columns_offered(site, self._setting.table)}
        guess = guess_key(site.path, (f for f in site.fields.values() if f.wire in kept), others)
        why = f"no {', '.join(missing)}, which the key needs"
        if guess is None:
            self._switch_off(f"{why}: name the key in primary_key, then switch it on")
            return
        self._set(f"{why}: {guess} is likely to be it", primary_key=[guess])
        if len(key) == 1:
            self._place(site, key[0], guess)

    def _place(self, site: SiteResource, missing: str, guess: str | None) -> None:
        """Has the column of a missing field read from another one, where no column has that."""
        columns = self._setting.table.columns
        wires = {w.casefold() for c in columns for w in (c.wire, *c.aliases)}
        wires |= {placed["wire"].casefold() for placed in self._placed.values()}
        column = next((c for c in columns if c.wire == missing), None)
        if column is None or guess is None or guess.casefold() in wires:
            return
        if placed := in_place_of(column, site.fields[guess]):
            self._placed[column.name] = placed

    def _look_at_cursor(self, site: SiteResource) -> None:
        resource = self._setting.resource
        likely = guess_changed(site.fields)
        if resource.cursor is None:
            if likely:
                self._told.append(f"read whole, though there is {likely}: cursor may name it")
            return
        if resource.cursor not in site.fields:
            how = f"{likely} is likely to be it" if likely else "read whole, once a day"
            self._set(f"no {resource.cursor} to tell changes by: {how}", cursor=likely or "")
            self._place(site, resource.cursor, likely)
            if not likely and resource.every_hours is None:
                self.entry["every"] = DAILY
        if resource.created and resource.created not in site.fields:
            made = guess_created(site.fields)
            how = f"{made} is likely to be it" if made else "the first load is one reading"
            self._set(f"no {resource.created} to load by: {how}", created=made or "")
            self._place(site, resource.created, made)

    def _look_at_fields(self, site: SiteResource) -> None:
        table = self._setting.table
        lacking = [c.wire for c in table.columns if not {c.wire, *c.aliases} & set(site.fields)]
        lacking = [wire for wire in lacking if wire not in self._setting.resource.key]
        if lacking:
            self._told.append(f"without {_some(lacking)}")
        taken = {placed["wire"] for placed in self._placed.values()}
        further = [c for c in columns_offered(site, table) if c["wire"] not in taken]
        if further:
            self._told.append(f"{len(further)} more: {_some([c['wire'] for c in further])}")
        if further or self._placed:
            said = [c for c in self.entry.get("columns", ()) if c["name"] not in self._placed]
            self.entry["columns"] = [*said, *self._placed.values(), *further]


def _offered(site: SiteResource, sections: dict[str, Offered], keys: set[str]) -> Line:
    """Adds a resource that no table reads to the settings, where it can be read."""
    if not site.is_list:
        return Line(True, f"{site.path}: no list of objects, as the file describes it")
    found = offer(site, sections, keys)
    if found is None:
        return Line(True, f"{site.path}: beyond the tables here; no field is surely its key")
    name, entry = found
    sections[name] = entry
    said = f"offered as {name}, switched off: enabled = true reads it"
    return Line(
        True, f"{site.path}: beyond the tables here, {len(entry['columns'])} fields; {said}"
    )


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return f"{shown} and {len(names) - _NAMED} more" if len(names) > _NAMED else shown


def _toml(connection: str, sections: Mapping[str, Offered]) -> str:
    """The sections as TOML; those that say nothing are left out."""
    lines = [
        f"# From the site's Swagger. In place of every [sources.{connection}.resources.…] section",
        "# of .dlt/config.toml.",
    ]
    for table, entry in sections.items():
        if entry:
            lines += ["", f"[sources.{_key(connection)}.resources.{_key(table)}]"]
            lines += _settings(entry)
    return "\n".join([*lines, ""])


def _settings(entry: Offered) -> Iterator[str]:
    for setting, value in entry.items():
        if setting == "columns":
            yield "columns = ["
            yield from (f"  {_value(column)}," for column in value)
            yield "]"
        else:
            yield f"{setting} = {_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "[" + ", ".join(map(_value, value)) + "]"
    # JSON's strings are TOML's, but for the one control character that JSON lets be
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _value(name)
