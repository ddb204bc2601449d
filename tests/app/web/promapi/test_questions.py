import pytest

from medic.app.web.promapi import questions
from medic.app.web.promapi.errors import ApiError, ErrorType
from medic.app.web.promapi.form import FARTHEST, read_form
from medic.app.web.promapi.questions import Instant, Options, Period, Range


def form(text):
    return read_form(text)


def test_an_instant_query_is_asked_now_unless_it_says_when():
    assert questions.instant(form("query=up"), 5000) == Instant("up", 5000)
    assert questions.instant(form("query=up&time=7.5"), 5000) == Instant("up", 7500)


def test_a_range_query_names_each_of_its_times():
    assert questions.over(form("query=up&start=1&end=3&step=1")) == Range("up", range(1000, 3001, 1000))
    assert list(questions.over(form("query=up&start=1&end=1&step=1m")).times) == [1000]
    assert list(questions.over(form("query=up&start=0&end=2.9&step=1.5")).times) == [0, 1500]


def test_eleven_thousand_steps_are_the_most():
    assert len(questions.over(form("query=1&start=0&end=11000&step=1")).times) == 11_001  # as in Prometheus
    with pytest.raises(ApiError, match="exceeded maximum resolution of 11,000 points per timeseries"):
        questions.over(form("query=1&start=0&end=11001&step=1"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("start=5&end=1&step=1", 'invalid parameter "end": end timestamp must not be before start time'),
        ("end=1&step=1", 'invalid parameter "start": cannot parse "" to a valid timestamp'),
        ("start=1&end=x&step=1", 'invalid parameter "end": cannot parse "x" to a valid timestamp'),
        ("start=1&end=2&step=x", 'invalid parameter "step": cannot parse "x" to a valid duration'),
        ("start=1&end=2", 'invalid parameter "step": cannot parse "" to a valid duration'),
        ("start=1&end=2&step=0", 'invalid parameter "step": zero or negative query resolution step widths'),
        ("start=1&end=2&step=-1", 'invalid parameter "step": zero or negative query resolution step widths'),
        ("start=1&end=2&step=0.0001", 'invalid parameter "step": zero or negative query resolution step widths'),
    ],
)
def test_a_wrong_range_is_refused_in_prometheus_words(text, words):
    with pytest.raises(ApiError) as raised:
        questions.over(form(f"query=1&{text}"))
    assert words in str(raised.value)
    assert raised.value.kind is ErrorType.BAD_DATA


def test_options_are_optional():
    assert questions.options(form("")) == Options()
    found = questions.options(form("timeout=1m&limit=3&stats=all&lookback_delta=5m"))
    assert found == Options(60.0, 3, stats=True)


@pytest.mark.parametrize("text", ["timeout=x", "limit=x", "limit=-1", "lookback_delta=x", "lookback_delta=1m"])
def test_a_wrong_option_is_refused_by_its_name(text):
    with pytest.raises(ApiError, match=f'invalid parameter "{text.partition("=")[0]}"'):
        questions.options(form(text))


def test_a_period_without_ends_is_all_time():
    assert questions.period(form("")).is_all
    assert questions.period(form("start=1")) == Period(1000, FARTHEST)
    assert not questions.period(form("end=1")).is_all
    with pytest.raises(ApiError, match="Invalid time value for 'start'"):
        questions.period(form("start=x"))
