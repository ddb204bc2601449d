import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healer.webhook import MAX_ALERTS, WebhookError, parse
from medic.core.alerts import AlertState, Source
from medic.core.samples import labels

FIRING = {
    "status": "firing",
    "labels": {"alertname": "QueueStalled", "queue": "default", "empty": ""},
    "annotations": {"summary": "it stalls"},
    "startsAt": "2026-01-01T12:00:00.123456789Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "http://prometheus/graph",
    "fingerprint": "0123456789abcdef",
}
RESOLVED = {**FIRING, "status": "resolved", "endsAt": "2026-01-01T13:00:00+01:00"}


def body(*alerts, **more):
    return json.dumps({"version": "4", "groupKey": "{}", "status": "firing", "alerts": list(alerts), **more}).encode()


def test_a_firing_and_a_resolved_alert_are_read():
    firing, resolved = parse(body(FIRING, RESOLVED, somethingNew=1))
    assert firing.labels == labels(alertname="QueueStalled", queue="default")
    assert firing.state is AlertState.FIRING
    assert firing.active_at == datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
    assert (firing.source, firing.resolved_at) == (Source.ALERTMANAGER, None)
    assert resolved.state is AlertState.INACTIVE
    assert resolved.resolved_at == datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
    assert firing.fingerprint == resolved.fingerprint


@pytest.mark.parametrize(
    ("broken", "path"),
    [
        (b"", "not JSON"),
        (b"[]", "the body: expected an object"),
        (b'{"alerts": NaN}', "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"{}", "alerts: missing"),
        (b'{"alerts": {}}', "alerts: expected a list"),
        (b'{"version": "3", "alerts": []}', 'version: expected "4"'),
        (b'{"alerts": [' + b"[" * 900 + b"]" * 900 + b"]}", r"alerts\[0\]: expected an object, not a list"),
        (b'{"alerts": [Infinity]}', "Infinity is not JSON"),
        (body(3), r"alerts\[0\]: expected an object"),
        (body({**FIRING, "labels": {}}), r"alerts\[0\]\.labels: empty"),
        (body({**FIRING, "labels": {"a": 1}}), r"alerts\[0\]\.labels\.a: expected a string"),
        (body({**FIRING, "labels": {"a-b": "x"}}), r"alerts\[0\]\.labels: .*not a label name"),
        (body({**FIRING, "labels": {"a": "x\0"}}), "NUL"),
        (body({**FIRING, "labels": {"a": "\ud800"}}), "surrogate"),
        (body({**FIRING, "labels": {"a": "x" * 5000}}), "5000 characters"),
        (body({**FIRING, "labels": {f"a{n}": "x" for n in range(65)}}), "65 entries"),
        (body(FIRING, {**FIRING, "status": "maybe"}), r"alerts\[1\]\.status"),
        (body({**FIRING, "startsAt": "yesterday"}), r"alerts\[0\]\.startsAt: expected a time"),
        (body({**FIRING, "startsAt": "2026-01-01T12:00:00"}), r"startsAt"),
        (body({**FIRING, "startsAt": "9999-12-31T23:59:59Z"}), r"startsAt"),
        (body({**RESOLVED, "endsAt": "0001-01-01T00:00:00Z"}), r"endsAt"),
        (body({**FIRING, "annotations": []} | {"annotations": [1]}), r"annotations: expected an object"),
        (body(*[FIRING] * (MAX_ALERTS + 1)), "are allowed"),
    ],
)
def test_what_alertmanager_would_not_send_is_refused_with_the_path_of_what_is_wrong(broken, path):
    with pytest.raises(WebhookError, match=path):
        parse(broken)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FIRING, "alerts"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def read(document):
    """Return what was read, or the text of the refusal; any other error fails the test."""
    try:
        return parse(document)
    except WebhookError as error:
        return str(error)


@given(st.binary() | JSON.map(lambda document: json.dumps(document).encode()))
def test_any_body_is_read_or_refused_and_nothing_else(document):
    assert len(read(document)) < 400


@given(st.sampled_from(sorted(FIRING)), JSON)
def test_a_wrong_member_is_refused_with_its_path_and_nothing_else(name, value):
    found = read(body({**FIRING, name: value}))
    assert isinstance(found, list) or found.startswith(f"alerts[0].{name}")
