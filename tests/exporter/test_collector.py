import pytest

from exporter.collector import Collected, Collector, attempt
from medic.core.errors import MedicError
from medic.core.samples import gauge
from tests.fakes import HandClock

UP = gauge("up", "Up.", ((), 1))


def run(collect, clock=None):
    return attempt(Collector("a", "test", collect), (clock or HandClock()).monotonic)


def fail(error):
    raise error


def test_what_is_collected_is_there_with_the_time_it_took():
    clock = HandClock()

    def collect():
        clock.pass_by(seconds=2)
        yield UP

    assert run(collect, clock) == Collected((UP,), 2.0)


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


def test_what_is_true_while_it_fails_is_shown_all_the_same():
    down = gauge("up", "Up.", ((), 0))
    run_ = attempt(Collector("a", "test", lambda: fail(ValueError("bad")), down=[down]), HandClock().monotonic)
    assert not run_.succeeded
    assert list(run_.families) == [down]


def test_an_interrupt_of_the_program_travels():
    with pytest.raises(KeyboardInterrupt):
        run(lambda: fail(KeyboardInterrupt()))


def test_a_timeout_says_how_long_was_waited():
    assert Collected(seconds=5.04, timed_out=True).reason == "no answer after 5.0 s"
    assert Collected().reason == ""
