"""How a message to an Alertmanager is written: the body of ``POST /api/v2/alerts`` as Prometheus writes it.

Format: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml (``postableAlerts``).
"""

import json
from collections.abc import Iterable, Mapping
from urllib.parse import quote_plus

from medic.core.clock import from_ms
from medic.core.queue import Json
from rules.sending import Message


def body(messages: Iterable[Message], *, labels: Mapping[str, str], url: str) -> bytes:
    """Write *messages*; *labels* name this host where an alert does not name it, *url* is where Medic is found."""
    return json.dumps([_alert(message, labels, url) for message in messages]).encode()


def link(url: str, expression: str) -> str:
    """Return the address that shows what an expression gives now, in the shape of Prometheus' own links."""
    return f"{url}/graph?g0.expr={quote_plus(expression)}&g0.tab=1"


def _alert(message: Message, labels: Mapping[str, str], url: str) -> Json:
    return {
        "labels": {**labels, **dict(message.labels)},
        "annotations": dict(message.annotations),
        "startsAt": _moment(message.starts_at),
        "endsAt": _moment(message.ends_at),
        "generatorURL": link(url, message.expression),
    }


def _moment(at: int) -> str:
    return from_ms(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
