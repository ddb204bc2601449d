"""Where configuration and state lie when nobody says, found without reading and checking a whole configuration."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

FILE_NAME = "medic.yml"


def candidates(environment: Mapping[str, str]) -> list[Path]:
    """Return where the configuration is looked for when nobody named it, the first that exists wins."""
    return [Path(FILE_NAME), _user("config", environment) / FILE_NAME, Path("/etc/medic") / FILE_NAME]


def locate(path: Path | None, environment: Mapping[str, str]) -> Path | None:
    """Return the configuration that is in force: *path*, ``$MEDIC_CONFIG``, or the first candidate that exists."""
    named = path or (Path(environment["MEDIC_CONFIG"]) if environment.get("MEDIC_CONFIG") else None)
    return named or next((file for file in candidates(environment) if file.is_file()), None)


def default_state(environment: Mapping[str, str]) -> Path:
    """Return the platform's state folder: ``/var/lib/medic`` for root, else the user's own."""
    if hasattr(os, "geteuid") and os.geteuid() == 0 and sys.platform == "linux":
        return Path("/var/lib/medic")
    return _user("state", environment)


def find_state(config: Path | None, environment: Mapping[str, str]) -> Path | None:
    """Return the state folder that is in force, as far as the configuration says it in plain words.

    None means that only reading all of it can tell, or say what is wrong with it. Mistakes elsewhere in it are no
    hindrance: whoever asks a running daemon needs nothing else of the file.
    """
    file = locate(config, environment)
    try:
        named = "" if file is None else _named_state(file)
    except (OSError, ValueError, RuntimeError):
        return None
    if file is None or named == "":
        return default_state(environment).absolute()
    return None if named is None else Path(file.absolute().parent, named).absolute()


def _named_state(file: Path) -> str | Path | None:
    """Return what stands at ``state``: empty when nothing does, None when it takes more than a look."""
    import yaml

    try:
        tree = yaml.safe_load(file.read_text(encoding="utf-8-sig")) or {}
    except (yaml.YAMLError, RecursionError):
        return None
    named = tree.get("state", "") if isinstance(tree, dict) else None
    if not isinstance(named, str) or {"$", "\0"} & {*named}:
        return None
    return Path(named).expanduser() if named else ""


def _user(kind: str, environment: Mapping[str, str]) -> Path:
    home = Path(environment.get("HOME") or Path.home())
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local") / "medic"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "medic"
    default = {"config": home / ".config", "state": home / ".local" / "state"}[kind]
    # The XDG base directory specification has relative values ignored.
    chosen = Path(environment.get(f"XDG_{kind.upper()}_HOME", ""))
    return (chosen if chosen.is_absolute() else default) / "medic"
