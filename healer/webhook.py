"""Alertmanager's webhook, version 4: strict on what is used, blind to what is new.

Format: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

import json
import re
from datetime import datetime

from medic.core.alerts import Alert, AlertState, Source
from medic.core.errors import MedicError
from medic.core.queue import Json
from medic.core.samples import Labels

MAX_ALERTS = 10_000
MAX_LABELS = 64
MAX_NAME = 256
MAX_VALUE = 4096
MAX_ANNOTATION = 16_384
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_STATUSES = ("firing", "resolved")
_YEARS = range(2000, 2200)
"""Of a moment that may be calculated with; outside of them a sum could overflow."""


class WebhookError(MedicError):
    """A body that is not what Alertmanager sends; the text names the path of what is wrong."""


def parse(body: bytes) -> list[Alert]:
    """Read a webhook's body; raises WebhookError, and nothing else, for what is not one."""
    document = _object(_load(body), "")
    version = document.get("version", "4")
    if version != "4":
        raise WebhookError(
            f'version: expected "4", not {_show(version)}; use a webhook receiver of Alertmanager 0.6 or later'
        )
    alerts = _list(_member(document, "alerts", ""), "alerts")
    if len(alerts) > MAX_ALERTS:
        raise WebhookError(
            f"alerts: {len(alerts)} in one body, {MAX_ALERTS} are allowed; set max_alerts in the receiver"
        )
    return [_alert(alert, f"alerts[{place}]") for place, alert in enumerate(alerts)]


def _load(body: bytes) -> Json:
    try:
        document: Json = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise WebhookError(
            f"the body is not JSON: {_shorten(str(error))}; send what Alertmanager's webhook sends"
        ) from error
    return document


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _alert(value: Json, path: str) -> Alert:
    alert = _object(value, path)
    labels = _pairs(_member(alert, "labels", path), f"{path}.labels", MAX_VALUE)
    if not labels:
        raise WebhookError(f"{path}.labels: empty; an alert is known by its labels")
    status = _member(alert, "status", path)
    if status not in ("firing", "resolved"):  # a set would raise for what has no hash, such as a list
        raise WebhookError(f'{path}.status: expected "firing" or "resolved", not {_show(status)}')
    resolved = status == "resolved"
    return Alert(
        labels=labels,
        annotations=_pairs(alert.get("annotations") or {}, f"{path}.annotations", MAX_ANNOTATION),
        state=AlertState.INACTIVE if resolved else AlertState.FIRING,
        active_at=_time(_member(alert, "startsAt", path), f"{path}.startsAt"),
        source=Source.ALERTMANAGER,
        resolved_at=_time(_member(alert, "endsAt", path), f"{path}.endsAt") if resolved else None,
        why_resolved="resolved by its sender" if resolved else "",
    )


def _object(value: Json, path: str) -> dict[str, Json]:
    if isinstance(value, dict):
        return value
    raise WebhookError(f"{path or 'the body'}: expected an object, not {_show(value)}")


def _list(value: Json, path: str) -> list[Json]:
    if isinstance(value, list):
        return value
    raise WebhookError(f"{path}: expected a list, not {_show(value)}")


def _member(document: dict[str, Json], name: str, path: str) -> Json:
    if name in document:
        return document[name]
    raise WebhookError(f"{path}.{name}: missing".removeprefix("."))


def _pairs(value: Json, path: str, longest: int) -> Labels:
    pairs = _object(value, path)
    if len(pairs) > MAX_LABELS:
        raise WebhookError(f"{path}: {len(pairs)} entries, {MAX_LABELS} are allowed")
    checked = {_name(name, path): _text(text, f"{path}.{name}", longest) for name, text in pairs.items()}
    return tuple(sorted((name, text) for name, text in checked.items() if text))


def _name(name: str, path: str) -> str:
    if len(name) <= MAX_NAME and _NAME.fullmatch(name):
        return name
    raise WebhookError(f"{path}: {_show(name)} is not a label name; write letters, digits and _, at most {MAX_NAME}")


def _text(value: Json, path: str, longest: int) -> str:
    if not isinstance(value, str):
        raise WebhookError(f"{path}: expected a string, not {_show(value)}")
    if len(value) > longest:
        raise WebhookError(f"{path}: {len(value)} characters, {longest} are allowed")
    # Neither can stand in an environment variable or an argument, and both come from nowhere but a broken sender.
    if "\0" in value or not _encodable(value):
        raise WebhookError(f"{path}: holds a NUL or half a surrogate pair; send text")
    return value


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _time(value: Json, path: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment.year not in _YEARS:
        raise WebhookError(f"{path}: expected a time like 2026-01-31T12:00:00Z, not {_show(value)}")
    return moment


def _show(value: Json) -> str:
    if isinstance(value, list | dict):  # never written out: how deep it is nested is the sender's choice
        return "a list" if isinstance(value, list) else "an object"
    return _shorten(ascii(value))


def _shorten(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - what fits into a line of a log
