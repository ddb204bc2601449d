"""Alerts as Prometheus posts them to an Alertmanager (``POST /api/v2/alerts``): read, and known until they run out.

Format: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml (``postableAlerts``); what missing
times mean: ``postAlertsHandler`` in https://github.com/prometheus/alertmanager/blob/main/api/v2/api.go
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from healer.fields import (
    MAX_ALERTS,
    MAX_ANNOTATION,
    MAX_VALUE,
    UTF_8,
    Own,
    WebhookError,
    load,
    member,
    read_labels,
    read_list,
    read_object,
    read_pairs,
    read_text,
    read_time,
)
from medic.core.alerts import Alert, AlertState, Source
from medic.core.queue import Json

RESOLVE_TIMEOUT = timedelta(minutes=5)
"""How long an alert without an end is believed, as Alertmanager's ``resolve_timeout`` is by default."""
UNSET = "0001-01-01T00:00:00"
"""With which the moment begins that Go writes where there is none."""


@dataclass(frozen=True, slots=True)
class Posting:
    """An alert as it was posted."""

    alert: Alert
    ends_at: datetime
    """Of an alert that fires: until when that is to be believed unless it is posted again."""
    posted_at: datetime
    open_ended: bool = False
    """The sender named no end."""
    generator: str = ""
    """Where the sender shows what is behind it."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a body holds."""

    postings: list[Posting]
    mistakes: list[str]
    """What is wrong with the alerts that are not among the postings."""


def parse(body: bytes, now: datetime, own: Own = Own()) -> Read:  # noqa: B008 - it cannot change
    """Read a body; as in Alertmanager an alert that is wrong does not keep out those beside it.

    Raises WebhookError, and nothing else, for what is no list of alerts at all.
    """
    alerts = read_list(load(body), "")
    if len(alerts) > MAX_ALERTS:
        raise WebhookError(f"{len(alerts)} alerts in one body, {MAX_ALERTS} are allowed; send them in several")
    read = Read([], [])
    for place, alert in enumerate(alerts):
        try:
            read.postings.append(_posting(alert, f"[{place}]", now, own))
        except WebhookError as error:
            read.mistakes.append(str(error))
    return read


def _posting(value: Json, path: str, now: datetime, own: Own) -> Posting:
    alert = read_object(value, path)
    labels = read_labels(member(alert, "labels", path), f"{path}.labels", UTF_8)
    annotations = read_pairs(alert.get("annotations") or {}, f"{path}.annotations", MAX_ANNOTATION, UTF_8)
    generator = read_text(alert.get("generatorURL") or "", f"{path}.generatorURL", MAX_VALUE * 4)
    starts, ends = (_time_or_none(alert.get(name), f"{path}.{name}") for name in ("startsAt", "endsAt"))
    begun = starts or ends or now
    until = ends or now + RESOLVE_TIMEOUT
    if until < begun:
        raise WebhookError(f"{path}.endsAt: lies before startsAt")
    over = until <= now
    read = Alert(
        labels=own.known(labels, generator),
        annotations=annotations,
        state=AlertState.INACTIVE if over else AlertState.FIRING,
        active_at=begun,
        source=Source.PROMETHEUS,
        resolved_at=until if over else None,
        why_resolved="resolved by its sender" if over else "",
    )
    return Posting(read, until, now, open_ended=ends is None, generator=generator)


def _time_or_none(value: Json, path: str) -> datetime | None:
    if value is None or (isinstance(value, str) and value.startswith(UNSET)):
        return None
    return read_time(value, path)
