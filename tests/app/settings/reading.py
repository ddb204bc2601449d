"""Reading configurations in tests."""

from pathlib import Path

from medic.app.settings import ConfigError
from medic.app.settings.loader import Read, read


def good(text: str, folder: Path = Path("/nowhere"), **variables: str) -> Read:
    return read(text, file="medic.yml", folder=folder, variables=variables)


def wrong(text: str, folder: Path = Path("/nowhere"), **variables: str) -> list[str]:
    """Return what a configuration is refused with, a line for each mistake; empty when it is not refused."""
    try:
        good(text, folder, **variables)
    except ConfigError as error:
        return str(error).splitlines()
    return []
