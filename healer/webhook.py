"""Alertmanager's webhook, version 4: strict on what is used, blind to what is new.

Format: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from healer.fields import (
    MAX_ALERTS,
    MAX_ANNOTATION,
    Own,
    WebhookError,
    load,
    member,
    read_labels,
    read_list,
    read_object,
    read_pairs,
    read_time,
    show,
)
from medic.core.alerts import Alert, AlertState, Source
from medic.core.queue import Json


def parse(body: bytes, own: Own = Own()) -> list[Alert]:  # noqa: B008 - it cannot change
    """Read a webhook's body; raises WebhookError, and nothing else, for what is not one.

    By *own* Medic's own alerts are known again as what they are.
    """
    document = read_object(load(body), "")
    version = document.get("version", "4")
    if version != "4":
        raise WebhookError(
            f'version: expected "4", not {show(version)}; use a webhook receiver of Alertmanager 0.6 or later'
        )
    alerts = read_list(member(document, "alerts", ""), "alerts")
    if len(alerts) > MAX_ALERTS:
        raise WebhookError(
            f"alerts: {len(alerts)} in one body, {MAX_ALERTS} are allowed; set max_alerts in the receiver"
        )
    return [_alert(alert, f"alerts[{place}]", own) for place, alert in enumerate(alerts)]


def _alert(value: Json, path: str, own: Own) -> Alert:
    alert = read_object(value, path)
    labels = read_labels(member(alert, "labels", path), f"{path}.labels")
    status = member(alert, "status", path)
    if status not in ("firing", "resolved"):  # a set would raise for what has no hash, such as a list
        raise WebhookError(f'{path}.status: expected "firing" or "resolved", not {show(status)}')
    resolved = status == "resolved"
    return Alert(
        labels=own.known(labels, alert.get("generatorURL")),
        annotations=read_pairs(alert.get("annotations") or {}, f"{path}.annotations", MAX_ANNOTATION),
        state=AlertState.INACTIVE if resolved else AlertState.FIRING,
        active_at=read_time(member(alert, "startsAt", path), f"{path}.startsAt"),
        source=Source.ALERTMANAGER,
        resolved_at=read_time(member(alert, "endsAt", path), f"{path}.endsAt") if resolved else None,
        why_resolved="resolved by its sender" if resolved else "",
    )
