from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.core.runs import Trigger
from rhythm.due import interval, kind, next_due, passed, upcoming
from rhythm.spec import At, Every

MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")

moments = st.integers(0, 40 * 365 * 86400).map(lambda n: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=n))
everies = st.builds(
    Every,
    st.integers(100, 10**8).map(lambda ms: timedelta(milliseconds=ms)),
    st.integers(0, 60 * 365 * 86400).map(lambda n: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(seconds=n)),
)
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
ats = st.builds(At, st.times().map(lambda at: at.replace(microsecond=0)), zones)
triggers = everies | ats


def test_an_interval_is_due_on_a_grid_from_the_epoch():
    assert next_due(Every(10 * MINUTE), NOON + MINUTE) == NOON + 10 * MINUTE


def test_the_next_due_time_of_one_that_is_due_now_is_the_one_after():
    assert next_due(Every(10 * MINUTE), NOON) == NOON + 10 * MINUTE


def test_an_anchor_shifts_the_phase():
    assert next_due(Every(10 * MINUTE, NOON + 3 * MINUTE), NOON) == NOON + 3 * MINUTE


def test_an_anchor_in_another_zone_keeps_its_instant_over_a_clock_change():
    anchor = datetime(2026, 3, 28, 12, tzinfo=BERLIN)
    after = datetime(2026, 3, 29, 12, tzinfo=UTC)
    assert next_due(Every(timedelta(hours=6), anchor), after) == datetime(2026, 3, 29, 17, tzinfo=UTC)


@given(triggers, moments)
def test_the_next_due_time_is_later_and_nothing_is_due_between(trigger, after):
    due = next_due(trigger, after)
    assert due > after
    assert next_due(trigger, due - timedelta(microseconds=1)) == due


@given(everies, moments, moments)
def test_a_restart_at_any_instant_never_shifts_the_phase(every, one, other):
    assert (next_due(every, one) - next_due(every, other)) % every.period == timedelta(0)


@given(ats, moments)
def test_a_time_of_day_is_due_once_a_day_whatever_the_clocks_do(at, after):
    zone = ZoneInfo(at.timezone)
    days = [due.astimezone(zone).date() for due in islice(upcoming(at, after), 370)]
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(days))


@pytest.mark.parametrize(
    ("day", "utc_hour", "wall"),
    [
        pytest.param(date(2026, 3, 28), 1, "02:30", id="the day before spring"),
        pytest.param(date(2026, 3, 29), 1, "03:30", id="spring, when 02:30 does not exist"),
        pytest.param(date(2026, 3, 30), 0, "02:30", id="the day after spring"),
        pytest.param(date(2026, 10, 25), 0, "02:30", id="autumn, when 02:30 comes twice"),
        pytest.param(date(2026, 10, 26), 1, "02:30", id="the day after autumn"),
    ],
)
def test_half_past_two_is_due_exactly_once_on_each_day(day, utc_hour, wall):
    midnights = (datetime.combine(d, time(), BERLIN) for d in (day, day + timedelta(days=1)))
    begin, end = (midnight.astimezone(UTC) for midnight in midnights)
    found = passed(At(time(2, 30), "Europe/Berlin"), begin, end, 10)
    assert found.latest == (datetime(day.year, day.month, day.day, utc_hour, 30, tzinfo=UTC),)
    assert f"{found.latest[0].astimezone(BERLIN):%H:%M}" == wall


def test_a_day_that_a_zone_left_out_is_not_due_twice():
    at = At(time(2, 30), "Pacific/Apia")
    dues = list(islice(upcoming(at, datetime(2011, 12, 28, 0, tzinfo=UTC)), 5))
    assert len(set(dues)) == len(dues)
    assert [f"{due.astimezone(ZoneInfo('Pacific/Apia')):%d}" for due in dues] == ["28", "29", "31", "01", "02"]


@given(triggers, moments, st.integers(0, 10**9), st.integers(1, 20))
def test_what_passed_is_what_came_up_one_after_another(trigger, after, seconds, limit):
    until = min(after + timedelta(seconds=seconds), next(islice(upcoming(trigger, after), 40, None)))
    every = [due for due in islice(upcoming(trigger, after), 50) if due <= until]
    found = passed(trigger, after, until, limit)
    assert found.latest == tuple(every[-limit:])
    assert found.older == max(0, len(every) - limit)
    assert found.first == (every[0] if every else None)


def test_a_time_before_midnight_that_is_skipped_is_due_on_the_next_date():
    at = At(time(23, 30), "America/Nuuk")  # where the clocks go from 23:00 to 00:00
    assert next_due(at, datetime(2024, 3, 31, 1, 10, tzinfo=UTC)) == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)


def test_a_year_of_seconds_is_counted_without_walking_through_it():
    found = passed(Every(timedelta(seconds=1)), NOON, NOON + timedelta(days=3650), 5)
    assert found.older == 3650 * 86400 - 5
    assert found.latest[-1] == NOON + timedelta(days=3650)


def test_nothing_has_passed_when_the_clock_was_set_back():
    assert passed(Every(MINUTE), NOON, NOON - timedelta(hours=1), 5).latest == ()


def test_intervals_and_kinds():
    assert (interval(Every(MINUTE)), kind(Every(MINUTE))) == (MINUTE, Trigger.EVERY)
    assert (interval(At(time(3))), kind(At(time(3)))) == (timedelta(days=1), Trigger.AT)
