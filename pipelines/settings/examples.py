"""Where a setting belongs, and how it is written right."""

from __future__ import annotations

import tomllib
from typing import Any

from dlt.common.configuration.specs.base_configuration import is_secret_hint
from dlt.common.typing import is_optional_type

from pipelines.settings.faults import CONFIG, ENVIRONMENT, SECRETS, Fault
from pipelines.settings.values import example_of
from pipelines.settings.written import PREFIX, Said
from sources._vendor import ConnectionSettings

FILL_IN = '"..."'


def home_of(hint: Any) -> str:
    """The file that a setting belongs into."""
    return SECRETS if hint is not None and is_secret_hint(hint) else CONFIG


def missing(connection: str, kind: type[ConnectionSettings], name: str, hint: Any) -> Fault:
    """A setting that has to be there and is nowhere."""
    variable = f"{PREFIX}{connection.upper()}__{name.upper()}"
    message = f"is missing; it may also be the variable {variable}"
    return Fault(home_of(hint), ("sources", connection, name), message, example(kind, name, hint))


def placed(said: Said, message: str, example: str) -> Fault:
    """A fault where the value stands; the example as it is written there."""
    if said.file != ENVIRONMENT:
        return Fault(said.file, said.keys, message, example)
    name, _, value = example.partition(" = ")
    # the variable of the setting that was meant, where this one is misspelt
    variable = f"{said.keys[0].rpartition('__')[0]}__{name.upper()}"
    return Fault(said.file, said.keys, message, f"{variable}={_bare(value)}" if value else "")


def _bare(value: str) -> str:
    is_text = value.startswith('"') and value.endswith('"') and len(value) > 1
    return value[1:-1] if is_text else f"'{value}'" if value[:1] in "[{" else value


def example(kind: type[ConnectionSettings], name: str, hint: Any) -> str:
    """A line that works: as the vendor says, the default, or some value of the type."""
    said = {**ConnectionSettings.examples, **kind.examples}.get(name)
    if said:
        return said
    default = getattr(kind(), name)
    if default is None or is_secret_hint(hint):
        return f"{name} = {FILL_IN if is_secret_hint(hint) else example_of(hint)}"
    if isinstance(default, bool):
        return f"{name} = {str(default).lower()}"
    return f'{name} = "{default}"' if isinstance(default, str) else f"{name} = {default}"


def stand_in(kind: type[ConnectionSettings], name: str, hint: Any) -> Any:
    """What lets the vendor judge the other settings where this one cannot be used."""
    if is_optional_type(hint):
        return None
    return tomllib.loads(example(kind, name, hint))[name]
