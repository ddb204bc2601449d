"""Paths in a configuration, which are relative to its file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, ValidationInfo

from medic.app.settings.kinds import WrongValueError


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
