"""What Prometheus' API tells of the metrics and of the program."""

from collections.abc import Iterable, Mapping

from medic.app.web.promapi.errors import ApiError, ErrorType
from medic.app.web.promapi.form import Form, read_number
from medic.core.queue import Json
from medic.core.samples import Family, Kind

Object = dict[str, Json]
TYPES: Mapping[Kind, str] = {Kind.UNTYPED: "unknown"}
"""Where Prometheus' word for a type is another."""


def metadata(families: Iterable[Family], form: Form) -> Object:
    """Return the ``data`` of ``metadata``: type and help of each family, or of the one asked for.

    Raises ApiError for a limit that is none.
    """
    most, per_metric = _limit(form, "limit"), _limit(form, "limit_per_metric") or None
    wanted = form.first("metric")
    shown: Object = {}
    for family in families:
        if most is not None and len(shown) >= most:
            break
        if not wanted or family.name == wanted:
            one: list[Json] = [{"type": TYPES.get(family.kind, str(family.kind)), "help": family.help, "unit": ""}]
            shown[family.name] = one[:per_metric]
    return shown


def _limit(form: Form, name: str) -> int | None:
    """Read a limit as Prometheus does here, and only here: a negative one is none, and of ``limit`` 0 means nothing."""
    text = form.first(name)
    if not text:
        return None
    try:
        number = read_number(text)
    except ValueError:
        raise ApiError(ErrorType.BAD_DATA, f"{name} must be a number") from None
    return number if number >= 0 else None


def build(version: str) -> Object:
    """Return the ``data`` of ``status/buildinfo``: Medic's own version, and nothing where it has no such thing."""
    return {"version": version, "revision": "", "branch": "", "buildUser": "", "buildDate": "", "goVersion": ""}
