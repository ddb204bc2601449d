"""Reading configurations in tests."""

from pathlib import Path
from typing import TypeVar

from medic.app.settings import ConfigError
from medic.app.settings.loader import Read, read
from medic.app.settings.parsing import parse
from medic.app.settings.sections import Section

S = TypeVar("S", bound=Section)


def good(text: str, folder: Path = Path("/nowhere"), **variables: str) -> Read:
    return read(text, file="medic.yml", folder=folder, variables=variables)


def wrong(text: str, folder: Path = Path("/nowhere"), **variables: str) -> list[str]:
    """Return what a configuration is refused with, a line for each mistake; empty when it is not refused."""
    try:
        good(text, folder, **variables)
    except ConfigError as error:
        return str(error).splitlines()
    return []


def section(kind: type[S], tree: object, folder: Path = Path("/nowhere")) -> S:
    """Return a section that has no mistakes."""
    found, mistakes = parse(kind, tree, folder)
    assert found is not None, mistakes
    return found
