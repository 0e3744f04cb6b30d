"""What is written in the two files and in the environment, and what of it cannot be read."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlt.common.configuration.providers.environ import EnvironProvider
from dlt.common.configuration.specs.base_configuration import is_secret_hint

from pipelines.settings.faults import CONFIG, ENVIRONMENT, SECRETS, Fault
from sources._http.redact import Redactor

PREFIX = "SOURCES__"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Said:
    """A value, as it is written, and where."""

    value: object
    file: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Written:
    """Everything that is written.

    Attributes:
        config: `.dlt/config.toml`; empty where it cannot be read.
        secrets: `.dlt/secrets.toml`.
        environment: the variables whose name begins with `SOURCES__`.
        faults: why a file cannot be read.
    """

    config: Mapping[str, Any] = field(repr=False)
    secrets: Mapping[str, Any] = field(repr=False)
    environment: Mapping[str, str] = field(repr=False)
    faults: tuple[Fault, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The connections that a file has a section of."""
        names = [n for file in (self.config, self.secrets) for n in _sections(file)]
        return tuple(dict.fromkeys(names))

    @property
    def unread(self) -> frozenset[str]:
        """The files that cannot be read."""
        return frozenset(fault.file for fault in self.faults)

    def section(self, file: str, connection: str) -> Mapping[str, Any]:
        """A connection's section in one of the files."""
        found = _sections(self.config if file == CONFIG else self.secrets).get(connection, {})
        return dict(found)

    def variables(self, connection: str) -> Mapping[str, str]:
        """The variables of a connection, by the setting's name."""
        prefix = f"{PREFIX}{connection.upper()}__"
        longer = [
            f"{PREFIX}{name.upper()}__"
            for name in self.names
            if len(name) > len(connection) and name.startswith(f"{connection}__")
        ]
        return {
            name.removeprefix(prefix).lower(): value
            for name, value in self.environment.items()
            if name.startswith(prefix) and not name.startswith(tuple(longer))
        }

    def said(self, connection: str, setting: str, hint: Any) -> Said | None:
        """What is written of a setting, where it counts; None where nothing is.

        A variable that is blank says nothing.
        """
        variable = EnvironProvider.get_key_name(setting, "sources", connection)
        text = self.variables(connection).get(setting)
        if is_secret_hint(hint) and not text:
            # dlt reads what is mounted below /run/secrets
            provider = EnvironProvider()
            text, _ = provider.get_value(setting, hint, "", "sources", connection)
        if text:
            return Said(text.strip("\r\n"), ENVIRONMENT, (variable,))
        for file in (SECRETS, CONFIG):
            section = self.section(file, connection)
            if setting in section and not (file == CONFIG and is_secret_hint(hint)):
                return Said(section[setting], file, ("sources", connection, setting))
        return None

    def redactor(self, plain: Collection[str]) -> Redactor:
        """Knows every text of the file of secrets, and every variable that may be one.

        Args:
            plain: names of settings that are no secrets.
        """
        variables = {
            value
            for name, value in self.environment.items()
            if name.rpartition("__")[2].lower() not in plain
        }
        return Redactor({*_texts(self.secrets), *variables})


def read(folder: Path) -> Written:
    """Reads a project directory's files, and the environment."""
    faults: list[Fault] = []
    config = _toml(folder, CONFIG, faults)
    secrets = _toml(folder, SECRETS, faults)
    environment = {n: v for n, v in os.environ.items() if n.startswith(PREFIX)}
    return Written(config, secrets, environment, tuple(faults))


def _sections(file: Mapping[str, Any]) -> Mapping[str, Any]:
    said = file.get("sources", {})
    if not isinstance(said, Mapping):
        return {}
    return {name: section for name, section in said.items() if isinstance(section, Mapping)}


def _toml(folder: Path, name: str, faults: list[Fault]) -> dict[str, Any]:
    try:
        content = (folder / name).read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        faults.append(Fault(name, (), f"cannot be read: {error.strerror}"))
        return {}
    if content.startswith(_BOM):
        message = "begins with a byte order mark: save it as UTF-8 without one"
        faults.append(Fault(name, (), message))
        return {}
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"line {line} is not UTF-8: save the file in that encoding"
    except tomllib.TOMLDecodeError as error:
        # it says what is wrong and where, and quotes no value
        last = content.count(b"\n", 0, len(content.rstrip())) + 1
        message = f"is not TOML: {error}".replace("at end of document", f"at the end, line {last}")
    except RecursionError:
        message = "is not TOML: it is nested too deeply"
    faults.append(Fault(name, (), message, 'base_url = "https://server:8443"'))
    return {}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
