"""Alerts as they are posted to an Alertmanager: what is read, what is news, and what runs out."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healer.book import EXPIRED, Book
from healer.fields import MAX_ALERTS, Own, WebhookError
from healer.posted import RESOLVE_TIMEOUT, Posting, parse
from medic.core.alerts import AlertState, Source
from medic.core.changes import History, Spent
from medic.core.samples import labels
from tests.healer.house import NOW, alert

ALERT = {
    "labels": {"alertname": "QueueStalled", "queue": "default", "empty": ""},
    "annotations": {"summary": "it stalls"},
    "startsAt": "2026-01-01T11:58:00.123456789Z",
    "endsAt": "2026-01-01T12:04:00.123456789Z",
    "generatorURL": "http://prometheus:9090/graph?g0.expr=up&g0.tab=1",
}
ZERO = "0001-01-01T00:00:00.000Z"


def read(*alerts, own=Own()):  # noqa: B008 - it cannot change
    return parse(json.dumps(alerts).encode(), NOW, own)


def one(**changes):
    found = read({name: value for name, value in {**ALERT, **changes}.items() if value is not None})
    assert found.mistakes == []
    [posting] = found.postings
    return posting


def test_an_alert_that_ends_in_future_fires():
    posting = one()
    assert posting.alert.labels == labels(alertname="QueueStalled", queue="default")
    assert posting.alert.annotations == labels(summary="it stalls")
    assert (posting.alert.state, posting.alert.source) == (AlertState.FIRING, Source.PROMETHEUS)
    assert posting.alert.active_at == datetime(2026, 1, 1, 11, 58, 0, 123456, tzinfo=UTC)
    assert posting.ends_at == datetime(2026, 1, 1, 12, 4, 0, 123456, tzinfo=UTC)
    assert (posting.alert.resolved_at, posting.open_ended) == (None, False)
    assert posting.generator == ALERT["generatorURL"]


def test_an_alert_that_has_ended_is_resolved():
    for ends in ("2026-01-01T12:00:00Z", "2026-01-01T12:59:59+01:00"):
        found = one(endsAt=ends).alert
        assert (found.state, found.resolved_at) == (AlertState.INACTIVE, datetime.fromisoformat(ends))


@pytest.mark.parametrize("missing", [None, ZERO, "0001-01-01T00:00:00Z"])
def test_an_alert_without_an_end_is_believed_for_five_minutes(missing):
    posting = one(endsAt=missing)
    assert (posting.ends_at, posting.open_ended) == (NOW + RESOLVE_TIMEOUT, True)


@pytest.mark.parametrize("missing", [None, ZERO])
def test_an_alert_without_a_start_begins_with_its_end_and_without_either_now(missing):
    over = one(startsAt=missing, endsAt="2026-01-01T11:00:00Z").alert
    assert over.active_at == over.resolved_at
    assert one(startsAt=missing, endsAt=missing).alert.active_at == NOW


def test_names_of_labels_may_be_those_of_prometheus_3():
    assert one(labels={"service.name": "x", "größe": "1"}).alert.labels == labels({"größe": "1", "service.name": "x"})


def test_medics_own_alerts_are_known_again_when_they_come_back():
    own = Own("http://medic:10119", labels(host="web1"))
    sent = {**ALERT, "labels": {"alertname": "A", "host": "web1", "queue": "q"}}
    for generator, kept in [
        ("http://medic:10119/graph?g0.expr=x", {}),
        ("http://medic:101199/graph?g0.expr=x", {"host": "web1"}),
        ("", {"host": "web1"}),
    ]:
        [posting] = read({**sent, "generatorURL": generator}, own=own).postings
        assert posting.alert.labels == labels(kept, alertname="A", queue="q")


NO_BODIES = [b"", b"{}", b"null", b"3", b"[", b"\xff", b"[NaN]", b"[" * 100_000, json.dumps([{}] * 10_001).encode()]


@pytest.mark.parametrize("body", NO_BODIES)
def test_what_is_no_list_of_alerts_is_refused(body):
    with pytest.raises(WebhookError) as refused:
        parse(body, NOW)
    assert len(str(refused.value)) < 200


WRONG = [
    (3, "[1]: expected an object"),
    ({}, "[1].labels: missing"),
    ({**ALERT, "labels": {}}, "[1].labels: empty"),
    ({**ALERT, "labels": {"a": ""}}, "[1].labels: empty"),
    ({**ALERT, "labels": {"a": 1}}, "[1].labels.a: expected a string"),
    ({**ALERT, "labels": {"a=b": "x"}}, "is not a label name"),
    ({**ALERT, "labels": {"": "x"}}, "is not a label name"),
    ({**ALERT, "labels": {"a\0": "x"}}, "is not a label name"),
    ({**ALERT, "labels": {"\ud800": "x"}}, "is not a label name"),
    ({**ALERT, "labels": {"a": "\ud800"}}, "surrogate"),
    ({**ALERT, "annotations": []}, ""),
    ({**ALERT, "annotations": "x"}, "[1].annotations: expected an object"),
    ({**ALERT, "generatorURL": 5}, "[1].generatorURL: expected a string"),
    ({**ALERT, "startsAt": "yesterday"}, "[1].startsAt: expected a time"),
    ({**ALERT, "startsAt": 5}, "[1].startsAt: expected a time"),
    ({**ALERT, "endsAt": "2026-01-01T12:00:00"}, "[1].endsAt: expected a time"),
    ({**ALERT, "endsAt": "9999-12-31T23:59:59Z"}, "[1].endsAt: expected a time"),
    ({**ALERT, "endsAt": "2026-01-01T11:00:00Z"}, "[1].endsAt: lies before startsAt"),
]


@pytest.mark.parametrize(("wrong", "words"), [pair for pair in WRONG if pair[1]])
def test_an_alert_that_is_wrong_is_told_and_keeps_nobody_else_out(wrong, words):
    found = read(ALERT, wrong, ALERT)
    assert len(found.postings) == 2
    [mistake] = found.mistakes
    assert words in mistake


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
TIMES = st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat) | st.sampled_from([ZERO, None, ""]) | JSON
ALERTS = st.fixed_dictionaries(
    {},
    optional={
        "labels": st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3) | JSON,
        "annotations": st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3) | JSON,
        "startsAt": TIMES,
        "endsAt": TIMES,
        "generatorURL": st.text(max_size=20) | JSON,
    },
)
BODIES = (
    st.binary(max_size=100)
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.lists(ALERTS | JSON, max_size=3).map(lambda value: json.dumps(value).encode())
)


@given(BODIES)
def test_any_body_is_read_or_refused_and_every_alert_is_either_taken_or_told(body):
    try:
        found = parse(body, NOW)
    except WebhookError:
        return
    assert len(found.postings) + len(found.mistakes) <= MAX_ALERTS
    for posting in found.postings:
        assert posting.alert.labels
        assert posting.alert.active_at <= posting.ends_at
        assert (posting.alert.state is AlertState.INACTIVE) is (posting.ends_at <= NOW)


# --- the book


def posting(name="A", *, until=4.0, at=NOW, now=NOW, open_ended=False):
    ends = now + timedelta(minutes=until)
    state = AlertState.FIRING if until > 0 else AlertState.INACTIVE
    told = alert(name, at=at, source=Source.PROMETHEUS, state=state, resolved=None if until > 0 else ends)
    return Posting(told, ends, now, open_ended=open_ended)


def take(book, *postings, after=0.0):
    """Post at some minutes after the beginning, and return the names of what is news."""
    news, old = book.sort(postings)
    book.keep([*old, *news], NOW + timedelta(minutes=after), after * 60)
    return [each.alert.name for each in news]


def overdue(book, after):
    return [mine for mine, _ in book.overdue(NOW + timedelta(minutes=after), after * 60)]


def test_news_is_what_fires_anew_and_what_was_firing_and_is_over():
    book = Book()
    assert take(book, posting("A"), posting("B", until=0)) == ["A"]
    assert take(book, posting("A"), posting("B")) == ["B"]
    assert take(book, posting("A", until=0)) == ["A"]
    assert take(book, posting("A", until=0)) == []
    assert [each.alert.name for each in book.postings()] == ["B"]


def test_within_one_body_each_change_is_news():
    book = Book()
    assert take(book, posting(), posting(), posting(until=0), posting(until=0), posting()) == ["A", "A", "A"]
    assert len(book) == 1


def test_an_alert_runs_out_at_its_end_unless_it_is_posted_again():
    book = Book()
    take(book, posting("A"), posting("B"))
    assert overdue(book, 3.9) == []
    take(book, posting("B", until=7), after=3)
    [(mine, told)] = book.overdue(NOW + timedelta(minutes=4), 240)
    assert (told.name, told.state, told.resolved_at) == ("A", AlertState.INACTIVE, NOW + timedelta(minutes=4))
    assert told.why_resolved == EXPIRED
    assert overdue(book, 5) == [mine]
    book.strike([mine], NOW)
    assert overdue(book, 6.9) == []


def test_the_later_end_counts_unless_the_earlier_post_named_none():
    book = Book()
    take(book, posting("A", until=10), posting("B", until=10, open_ended=True))
    take(book, posting("A", until=4), posting("B", until=4))
    assert [mine == posting("B").alert.fingerprint for mine in overdue(book, 5)] == [True]


def test_one_that_ran_out_and_comes_again_is_no_late_copy():
    book = Book()
    take(book, posting(at=NOW - timedelta(hours=1)))
    book.strike(overdue(book, 4), NOW + timedelta(minutes=4))
    [again], _ = book.sort([posting(at=NOW - timedelta(hours=1))])
    assert again.alert.active_at == NOW + timedelta(minutes=4)
    later = NOW + timedelta(minutes=9)
    [again], _ = book.sort([posting(at=later)])
    assert again.alert.active_at == later


def test_after_a_start_what_was_firing_gets_the_usual_time_to_be_posted_again():
    known = alert("A", source=Source.PROMETHEUS)
    foreign = alert("B", source=Source.ALERTMANAGER)
    spent = {
        "00": Spent(NOW, Source.PROMETHEUS),
        "11": Spent(NOW, Source.PROMETHEUS, NOW),
        "22": Spent(NOW, Source.RULES),
    }
    book = Book()
    book.remember(History(spent=spent), [known, foreign], 0.0)
    assert overdue(book, 4.9) == []
    assert {*overdue(book, 5)} == {known.fingerprint, "00"}
    assert take(book, posting("A"), after=1) == []
    assert [each.alert.name for each in book.postings()] == ["A"]


STEPS = st.lists(
    st.tuples(st.sampled_from("ABC"), st.floats(-1, 5).map(lambda x: round(x, 1)), st.integers(0, 3)), max_size=20
)


@given(STEPS)
def test_whatever_is_posted_an_alert_fires_until_its_last_end_and_changes_are_told_once(steps):
    book, model, clock = Book(), {}, 0
    for name, until, minutes in steps:
        clock += minutes
        for mine in overdue(book, clock):
            book.strike([mine], NOW)
        model = {key: end for key, end in model.items() if end > clock}
        now = NOW + timedelta(minutes=clock)
        changed = (name in model) is not (until > 0)
        assert take(book, posting(name, until=until, now=now, at=NOW), after=clock) == ([name] if changed else [])
        if until > 0:
            model[name] = max(model.get(name, 0), clock + until)
        else:
            model.pop(name, None)
        assert {each.alert.name for each in book.postings()} == {*model}
