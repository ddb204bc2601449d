from medic.core.clock import SystemClock
from rhythm.jobs.health_check import judge, run
from rhythm.ports import Check, Context

GOOD, BAD = Check("disk", True, "40 % free"), Check("queue", False, "refused on 8091")


def test_all_passed_is_well():
    result = judge([GOOD, GOOD])
    assert (result.ok, result.summary) == (True, "2/2 checks passed (100%)")


def test_one_that_failed_is_named():
    result = judge([GOOD, BAD, GOOD])
    assert (result.ok, result.summary) == (False, "2/3 checks passed (66%); failed: queue")


def test_the_output_has_a_line_for_each_part_and_the_summary():
    assert judge([GOOD, BAD]).output.splitlines() == [
        "ok   disk: 40 % free",
        "FAIL queue: refused on 8091",
        "1/2 checks passed (50%); failed: queue",
    ]


def test_nothing_checked_is_not_well():
    assert not judge([]).ok


async def test_it_makes_the_check_that_the_wiring_offers():
    async def check():
        return [BAD]

    assert not (await run(Context(SystemClock(), check=check))).ok
