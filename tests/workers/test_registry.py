import sys

import pytest

from medic.core.errors import MedicError
from medic.core.queue import Task, TaskState
from workers.registry import load, load_file
from workers.tasks.context import TaskContext

CONTEXT = TaskContext(Task("t", "default", "x", None, TaskState.RUNNING, 0), "rpa/1", 1.0, lambda: False)

GOOD = """
def order(payload, context):
    return {"got": payload, "by": context.worker}

TASKS = {"order": order}
"""


@pytest.fixture
def written(tmp_path):
    def write(text, name="mine.py"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_the_built_in_types_are_there():
    assert {"health_check", "benchmark_test"} <= set(load())


def test_a_file_adds_its_types_to_the_built_in_ones(written):
    tasks = load([written(GOOD)])
    assert tasks["order"](5, CONTEXT) == {"got": 5, "by": "rpa/1"}
    assert "health_check" in tasks


def test_modules_beside_a_file_can_be_imported_by_it(written):
    written("RATE = 7", "rates_of_mine.py")
    tasks = load_file(written("import rates_of_mine\nTASKS = {'rate': lambda p, c: rates_of_mine.RATE}"))
    assert tasks["rate"](None, CONTEXT) == 7


def test_a_file_beside_the_tasks_shadows_no_module(written):
    written("raise SystemExit('shadowed')", "colorsys.py")
    sys.modules.pop("colorsys", None)
    assert "t" in load_file(written("import colorsys\nTASKS = {'t': lambda p, c: colorsys.ONE_THIRD}"))


def test_a_file_may_hold_dataclasses(written):
    text = "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: 'int'\nTASKS = {'t': lambda p, c: A(1).x}"
    assert load_file(written(text))["t"](None, CONTEXT) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def order(payload, context): ...", "names no task types; write TASKS"),
        ("TASKS = [1]", "names no task types"),
        ("TASKS = {'a': 5}", "'a' is no plain function"),
        ("async def a(p, c): ...\nTASKS = {'a': a}", "'a' is no plain function"),
        ("TASKS = {'a': lambda payload: 1}", "'a' must take two arguments"),
        ("x = 1\nraise ValueError('oops')", r"ValueError: oops \(line 2 of .*mine.py\)"),
        ("def order(:", "SyntaxError.*line 1"),
        ("import there_is_no_such_module", "No module named 'there_is_no_such_module'"),
        ("TASKS = {'health_check': lambda p, c: 1}", "'health_check' is there already"),
    ],
)
def test_a_broken_file_is_refused_with_what_is_wrong(written, text, said):
    path = written(text)
    with pytest.raises(MedicError, match=said) as caught:
        load([path])
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(MedicError, match="no such file"):
        load_file(tmp_path / "nothing.py")


def test_a_file_that_is_no_python_file_is_refused(written):
    with pytest.raises(MedicError, match=r"must end in \.py"):
        load_file(written(GOOD, "tasks.txt"))


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An installed package that offers one sound task type, and one that cannot be imported."""
    (tmp_path / "offers_tasks.py").write_text("def good(payload, context):\n    return 'good'\n")
    metadata = tmp_path / "offers_tasks-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: offers-tasks\nVersion: 1\n")
    entries = "[medic.tasks]\ngood = offers_tasks:good\nbad = offers_tasks:missing\n"
    (metadata / "entry_points.txt").write_text(entries)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("offers_tasks", None)


@pytest.mark.usefixtures("package")
def test_a_broken_package_costs_its_own_type_alone():
    tasks = load()
    assert tasks["good"](None, CONTEXT) == "good"
    with pytest.raises(MedicError, match="task type 'bad' of offers_tasks:missing: cannot be imported"):
        tasks["bad"](None, CONTEXT)
