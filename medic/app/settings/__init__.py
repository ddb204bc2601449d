"""The configuration: read, checked with every mistake at once, and shown without its secrets."""

from medic.app.settings.kinds import HostPort
from medic.app.settings.loader import load
from medic.app.settings.mistakes import ConfigError, Mistake
from medic.app.settings.model import Settings
from medic.app.settings.show import show

__all__ = ["ConfigError", "HostPort", "Mistake", "Settings", "load", "show"]
