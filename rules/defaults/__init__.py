"""The rule files that Medic ships."""

from importlib.resources import files
from pathlib import Path


def defaults() -> list[Path]:
    """Return the shipped rule files, sorted by name; ``rules.defaults: false`` in the configuration leaves them out."""
    return sorted(Path(str(entry)) for entry in files(__name__).iterdir() if entry.name.endswith(".yml"))
