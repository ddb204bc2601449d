"""Paths in a configuration, which are relative to its file, and the places where configuration and state lie."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, ValidationInfo

from medic.app.settings.kinds import WrongValueError

FILE_NAME = "medic.yml"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the values come from: the context that pydantic hands to validators."""

    folder: Path


def resolve(value: object, context: ValidationInfo) -> Path:
    """Make a path absolute: relative to the configuration's folder, ``~`` is the user's home."""
    if not isinstance(value, str) or not value or "\0" in value:
        raise WrongValueError("is not a path", "write it as text, relative to this file or absolute")
    folder = context.context.folder if isinstance(context.context, Origin) else Path.cwd()
    return Path(folder, _expand(value))


def _expand(value: str) -> Path:
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise WrongValueError("names the home of nobody", "write the whole path") from None


Folder = Annotated[Path, PlainValidator(resolve), PlainSerializer(str)]


def candidates(environment: Mapping[str, str]) -> list[Path]:
    """Return where the configuration is looked for when nobody named it, the first that exists wins."""
    return [Path(FILE_NAME), _user("config", environment) / FILE_NAME, Path("/etc/medic") / FILE_NAME]


def default_state(environment: Mapping[str, str]) -> Path:
    """Return the platform's state folder: ``/var/lib/medic`` for root, else the user's own."""
    if hasattr(os, "geteuid") and os.geteuid() == 0 and sys.platform == "linux":
        return Path("/var/lib/medic")
    return _user("state", environment)


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
