from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhythm.spec import At, Every, JobError, JobSpec, Lane, check_jobs, cycles

HOURLY = Every(timedelta(hours=1))


def job(name, *after, **more):
    return JobSpec(name, more.pop("trigger", HOURLY), more.pop("run", ("true",)), after=after, **more)


def mistakes(*jobs):
    with pytest.raises(JobError) as caught:
        check_jobs(jobs, {"health-check"})
    return str(caught.value).splitlines()


def test_jobs_that_can_be_are_accepted():
    check_jobs([job("a"), job("b", "a"), job("c", "a", "b", run="health-check", trigger=At(time(3)))], {"health-check"})


def test_a_circle_is_refused_by_the_names_in_it():
    (text,) = mistakes(job("a", "c"), job("b", "a"), job("c", "b"), job("d", "a"))
    assert text.startswith("jobs: a -> c -> b -> a wait for each other")


def test_a_long_chain_is_no_circle_and_no_trouble():
    chain = [job(f"j{number}", *([f"j{number - 1}"] if number else [])) for number in range(5000)]
    check_jobs(chain, ())


def test_circles_apart_from_each_other_are_all_told():
    found = mistakes(job("a", "b"), job("b", "a"), job("c", "c"))
    assert [line.split(" wait")[0] for line in found] == ["jobs: a -> b -> a", "jobs: c -> c"]


def test_a_job_after_itself_is_a_circle():
    assert mistakes(job("a", "a"))[0].startswith("jobs: a -> a wait")


def test_an_unknown_parent_is_refused_with_the_names_there_are():
    (text,) = mistakes(job("a", "x"), job("b"))
    assert text == "jobs.a.after: there is no job 'x'; write one of b"


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (job("a/b"), "name:"),
        (job(""), "name:"),
        (job("..", run=("true",)), "name:"),
        (job("a", run=()), "run: write an argument list"),
        (job("a", run=("", "x")), "run: name the program"),
        (job("a", run="nothing"), "there is no built-in job 'nothing'; write one of health-check"),
        (job("a", timeout=timedelta(0)), "timeout:"),
        (job("a", priority=101), "priority:"),
        (job("a", priority=-1), "priority:"),
        (job("a", trigger=Every(timedelta(0))), "every:"),
        (job("a", trigger=Every(timedelta(seconds=-5))), "every:"),
        (job("a", trigger=Every(timedelta(seconds=1, microseconds=1))), "every:"),
        (job("a", trigger=At(time(3), "Europe/Nowhere")), "there is no 'Europe/Nowhere'"),
        (job("a", trigger=At(time(3), "../../etc/passwd")), "not a time zone"),
        (job("a", trigger=At(time(3, tzinfo=UTC))), "timezone"),
    ],
)
def test_each_mistake_says_what_to_write(wrong, text):
    assert any(text in line for line in mistakes(wrong))


def test_all_mistakes_are_told_at_once():
    found = mistakes(job("a", "b", "x"), job("b", "a", priority=200), job("c", run=()), job("c"))
    assert [line.split(":")[0] for line in found] == ["jobs.c", "jobs.b.priority", "jobs.c.run", "jobs.a.after", "jobs"]


def test_priority_gives_the_lane():
    assert (job("a", priority=89).lane, job("a", priority=90).lane) == (Lane.MAIN, Lane.FAST)


def test_the_text_of_a_rhythm_differs_when_the_rhythm_does():
    rhythms = [
        HOURLY,
        Every(timedelta(hours=1), datetime(2026, 1, 1, tzinfo=UTC)),
        Every(timedelta(hours=2)),
        At(time(1)),
        At(time(1), "Europe/Berlin"),
    ]
    assert len({str(rhythm) for rhythm in rhythms}) == len(rhythms)


names = st.integers(0, 7)


@given(st.sets(st.tuples(names, names)))
def test_circles_are_found_exactly_when_there_are_some(edges):
    jobs = [job(f"j{n}", *(f"j{b}" for a, b in sorted(edges) if a == n)) for n in range(8)]
    found = cycles(jobs)
    for circle in found:
        assert circle[0] == circle[-1] == min(circle)
        assert all((int(a[1:]), int(b[1:])) in edges for a, b in pairwise(circle))
    assert bool(found) == has_circle(edges)


def has_circle(edges):
    left = set(range(8))
    while free := {n for n in left if not any(a == n and b in left for a, b in edges)}:
        left -= free
    return bool(left)
