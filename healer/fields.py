"""Reading the JSON that senders of alerts write: strict on what is used, each complaint with its place."""

import json
import re
from dataclasses import dataclass
from datetime import datetime

from medic.core.errors import MedicError
from medic.core.queue import Json
from medic.core.samples import Labels

MAX_ALERTS = 10_000
MAX_LABELS = 64
MAX_NAME = 256
MAX_VALUE = 4096
MAX_ANNOTATION = 16_384
CLASSIC = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
UTF_8 = re.compile(r"[^\0-\x1f\x7f=]+")
"""Names as Prometheus 3 may send them, but for what nobody can print."""
_YEARS = range(2000, 2200)
"""Of a moment that may be calculated with; outside of them a sum could overflow."""


class WebhookError(MedicError):
    """A body that is not what senders of alerts send; the text names the path of what is wrong."""


@dataclass(frozen=True, slots=True)
class Own:
    """How Medic's own alerts are known when they come back over an Alertmanager."""

    url: str = ""
    """With which the addresses begin that they carry."""
    labels: Labels = ()
    """Those that were added when they were sent; without them they are what the rules know."""

    def known(self, labels: Labels, generator: Json) -> Labels:
        """Return *labels* as the rules know them, if *generator* says that they come from here."""
        if self.url and isinstance(generator, str) and generator.startswith(f"{self.url}/"):
            return tuple(pair for pair in labels if pair not in self.labels)
        return labels


def load(body: bytes) -> Json:
    """Read JSON, in which NaN and Infinity do not exist."""
    try:
        document: Json = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise WebhookError(
            f"the body is not JSON: {_shorten(str(error))}; send what Prometheus or Alertmanager sends"
        ) from error
    return document


def read_object(value: Json, path: str) -> dict[str, Json]:
    """Read an object."""
    if isinstance(value, dict):
        return value
    raise WebhookError(f"{path or 'the body'}: expected an object, not {show(value)}")


def read_list(value: Json, path: str) -> list[Json]:
    """Read a list."""
    if isinstance(value, list):
        return value
    raise WebhookError(f"{path or 'the body'}: expected a list, not {show(value)}")


def member(document: dict[str, Json], name: str, path: str) -> Json:
    """Return what an object must have under a name."""
    if name in document:
        return document[name]
    raise WebhookError(f"{path}.{name}: missing".removeprefix("."))


def read_labels(value: Json, path: str, names: re.Pattern[str] = CLASSIC) -> Labels:
    """Read labels, of which there must be one at least; empty ones are none."""
    labels = read_pairs(value, path, MAX_VALUE, names)
    if not labels:
        raise WebhookError(f"{path}: empty; an alert is known by its labels")
    return labels


def read_pairs(value: Json, path: str, longest: int, names: re.Pattern[str] = CLASSIC) -> Labels:
    """Read names with texts of at most *longest* characters, sorted; empty texts are left out."""
    pairs = read_object(value, path)
    if len(pairs) > MAX_LABELS:
        raise WebhookError(f"{path}: {len(pairs)} entries, {MAX_LABELS} are allowed")
    checked = {_name(name, path, names): read_text(text, f"{path}.{name}", longest) for name, text in pairs.items()}
    return tuple(sorted((name, text) for name, text in checked.items() if text))


def read_text(value: Json, path: str, longest: int) -> str:
    """Read a text of at most *longest* characters."""
    if not isinstance(value, str):
        raise WebhookError(f"{path}: expected a string, not {show(value)}")
    if len(value) > longest:
        raise WebhookError(f"{path}: {len(value)} characters, {longest} are allowed")
    # Neither can stand in an environment variable or an argument, and both come from nowhere but a broken sender.
    if "\0" in value or not _encodable(value):
        raise WebhookError(f"{path}: holds a NUL or half a surrogate pair; send text")
    return value


def read_time(value: Json, path: str) -> datetime:
    """Read a moment with its zone, of a year that can be calculated with."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment.year not in _YEARS:
        raise WebhookError(f"{path}: expected a time like 2026-01-31T12:00:00Z, not {show(value)}")
    return moment


def show(value: Json) -> str:
    """Write a value for a complaint about it."""
    if isinstance(value, list | dict):  # never written out: how deep it is nested is the sender's choice
        return "a list" if isinstance(value, list) else "an object"
    return _shorten(ascii(value))


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _name(name: str, path: str, names: re.Pattern[str]) -> str:
    if len(name) <= MAX_NAME and names.fullmatch(name) and _encodable(name):
        return name
    raise WebhookError(f"{path}: {show(name)} is not a label name; write letters, digits and _, at most {MAX_NAME}")


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shorten(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - what fits into a line of a log
