"""Paths in a configuration, which are relative to its file."""

from pathlib import Path
from typing import Annotated

from medic.app.settings.sections import PathValidator, PlainSerializer, WrongValueError


def resolve(value: object, folder: Path) -> Path:
    """Make a path absolute: relative to the configuration's *folder*, ``~`` is the user's home."""
    if not isinstance(value, str) or not value or "\0" in value:
        raise WrongValueError("is not a path", "write it as text, relative to this file or absolute")
    return Path(folder, _expand(value))


def _expand(value: str) -> Path:
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise WrongValueError("names the home of nobody", "write the whole path") from None


def _existing(value: object, folder: Path) -> Path:
    path = resolve(value, folder)
    if not path.is_file():
        raise WrongValueError(f"is not a file, as {path}", "name one that is there and that Medic's user can read")
    return path


Folder = Annotated[Path, PathValidator(resolve), PlainSerializer(str)]
File = Annotated[Path, PathValidator(_existing), PlainSerializer(str)]
"""A file that has to be there when the configuration is read."""
