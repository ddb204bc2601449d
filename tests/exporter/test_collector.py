import math
import traceback
import weakref

import pytest

from exporter.admission import Admission
from exporter.collector import Collected, Collector, attempt
from medic.core.errors import MedicError
from medic.core.samples import Family, Kind, gauge, labels
from tests.fakes import HandClock

AT = 1_000
UP = gauge("up", "Up.", ((), 1))


def run(collect, clock=None, **more):
    collector = Collector("a", "test", collect, **more)
    return attempt(collector, Admission(collector.most), AT, (clock or HandClock()).monotonic)


def fail(error):
    raise error


class Answer:
    """Something large that was read."""


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "\udc80"},
        {"name": None},
        {"group": ("a",)},
        {"every": 0.0},
        {"every": math.nan},
        {"every": math.inf},
        {"timeout": -1.0},
        {"timeout": math.inf},
        {"most": 0},
        {"down": [Family("x", Kind.GAUGE, None)]},
    ],
)
def test_a_collector_that_would_harm_others_cannot_be_made(wrong):
    with pytest.raises(MedicError):
        Collector(**{"name": "a", "group": "test", "collect": list, **wrong})


def test_what_is_collected_is_there_with_the_time_it_took():
    clock = HandClock()

    def collect():
        clock.pass_by(seconds=2)
        yield UP

    assert run(collect, clock) == Collected((UP,), 2.0, at=AT)


@pytest.mark.parametrize("error", [ValueError("bad"), MedicError("bad"), SystemExit("bad"), GeneratorExit("bad")])
def test_whatever_is_raised_is_a_failure_without_families(error):
    run_ = run(lambda: fail(error))
    assert not run_.succeeded
    assert run_.families == ()
    assert run_.reason == f"{type(error).__name__}: bad"


def test_an_error_in_the_middle_of_a_generator_loses_the_whole_output():
    def collect():
        yield UP
        raise ValueError("late")

    assert run(collect).families == ()


def test_output_that_is_refused_is_a_failure():
    assert "not a metric name" in run(lambda: [gauge("1x", "X.")]).reason


def test_what_fits_of_too_much_is_kept_and_the_rest_is_counted():
    rows = [(labels(n=str(number)), 1) for number in range(9)]
    run_ = run(lambda: [UP, gauge("many", "Many.", *rows), gauge("x", "X.", ((), 1))], most=5)
    assert not run_.succeeded
    assert run_.families == (UP,)
    assert run_.dropped == 10
    assert "raise max_series" in run_.reason


def test_what_is_true_while_it_fails_is_shown_all_the_same():
    down = gauge("up", "Up.", ((), 0))
    run_ = run(lambda: fail(ValueError("bad")), down=[down])
    assert not run_.succeeded
    assert list(run_.families) == [down]


def test_a_failure_keeps_nothing_of_what_was_at_hand_but_its_trace():
    answers = []

    def read():
        answer = Answer()
        answers.append(weakref.ref(answer))
        raise ValueError("not a number")

    def collect():
        try:
            read()
        except ValueError as error:
            raise MedicError("no figures") from error

    failed = run(collect)
    assert [answer() for answer in answers] == [None]
    assert "in read" in "".join(traceback.format_exception(failed.error))


def test_an_interrupt_of_the_program_travels():
    with pytest.raises(KeyboardInterrupt):
        run(lambda: fail(KeyboardInterrupt()))


def test_a_timeout_says_how_long_was_waited():
    assert Collected(seconds=5.04, timed_out=True).reason == "no answer after 5.0 s"
    assert Collected().reason == ""
