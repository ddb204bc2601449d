from datetime import time
from importlib.metadata import EntryPoint

import pytest

from medic.core.errors import MedicError
from rhythm.jobs import canary
from rhythm.registry import BUILTINS, load, shipped
from rhythm.spec import At, check_jobs


def point(name, value):
    return EntryPoint(name, value, "medic.jobs")


def test_the_shipped_jobs_can_be():
    check_jobs(shipped(time(4), "Europe/Berlin"), load())
    assert {job.name: job.trigger for job in shipped(time(4), "Europe/Berlin")}["report"] == At(
        time(4), "Europe/Berlin"
    )


def test_each_shipped_job_is_built_in():
    assert {job.run for job in shipped()} == BUILTINS.keys()


def test_other_packages_add_theirs():
    found = load([point("probe", "rhythm.jobs.canary:run"), point("argv", "rhythm.jobs.report:RUN")])
    assert (found["probe"], found["argv"]) == (canary.run, ("medic", "report"))
    assert BUILTINS.keys() < found.keys()


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (point("canary", "rhythm.jobs.canary:run"), "'canary' of rhythm.jobs.canary:run exists already"),
        (point("x", "no.such.module:run"), "'x' cannot be loaded from no.such.module:run"),
        (point("x", "rhythm.jobs.canary:nothing"), "'x' cannot be loaded"),
        (point("x", "rhythm.jobs.canary:PATIENCE"), "must be a coroutine function or a tuple"),
    ],
)
def test_a_bad_entry_point_is_refused_by_its_name(bad, text):
    with pytest.raises(MedicError, match=text):
        load([bad])
