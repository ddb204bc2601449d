"""Time zones, as a configuration names them."""

from typing import Annotated
from zoneinfo import ZoneInfo

from medic.app.settings.sections import PlainSerializer, PlainValidator, WrongValueError


def parse_zone(value: object) -> ZoneInfo:
    """Read the name of a time zone, ``Europe/Berlin``."""
    try:
        if isinstance(value, str) and value:
            return ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # what zoneinfo raises for unknown names, paths, and folders
        pass
    raise WrongValueError("is not a time zone", "write its name, such as Europe/Berlin or UTC")


Zone = Annotated[ZoneInfo, PlainValidator(parse_zone), PlainSerializer(str)]
