"""The same unit-test files, run by promtool and by Medic: the verdicts are the same, failing ones too."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.promql import Compat
from rules.testing.files import run_file
from rules.testing.notation import Mark, NotationError, read_series
from tests.rules import promtool
from tests.rules.testing.corpus import ALONE, RULES, SUITES, changed

ALPHABET = (
    "1",
    "23",
    "0",
    "07",
    ".5",
    "2.",
    "1e2",
    "e",
    "-",
    "+",
    "x",
    "x3",
    "_",
    "stale",
    "NaN",
    "Inf",
    " ",
    "  ",
    ",",
)


def lay_out(folder, suites):
    """Write the rule files and the suites; return the file names of these by what they are called."""
    for name, text in RULES.items():
        (folder / name).write_text(text)
    names = {name: f"{number}.test" for number, name in enumerate(suites)}
    for name, file in names.items():
        (folder / file).write_text(suites[name])
    return names


def different(folder, suites):
    """Return what promtool and Medic do not agree on, with what promtool says."""
    return judged(folder, suites)[0]


def judged(folder, suites):
    """Return what promtool and Medic do not agree on, and how many files promtool finds wrong."""
    names = lay_out(folder, suites)
    theirs = promtool.tested(list(names.values()), cwd=folder)
    ours = {file: run_file(folder / file, compat=Compat.PROMETHEUS_2) for file in names.values()}
    differing = {
        name: (theirs[file] or "SUCCESS", ours[file])
        for name, file in names.items()
        if ours[file].passed is bool(theirs[file])
    }
    return differing, sum(map(bool, theirs.values()))


@pytest.mark.needs("promtool")
def test_ordinary_and_odd_files_have_the_verdict_of_promtool(tmp_path):
    differing, failed = judged(tmp_path, SUITES)
    assert differing == {}
    assert len(SUITES) > 250
    assert 100 < failed < len(SUITES) - 100


@pytest.mark.parametrize("name", ALONE)
def test_what_only_later_versions_of_promtool_know_is_read_as_they_read_it(tmp_path, name):
    text, passes = ALONE[name]
    lay_out(tmp_path, {})
    (tmp_path / "t.yml").write_text(text)
    assert run_file(tmp_path / "t.yml", compat=Compat.PROMETHEUS_3).passed is passes
    assert not run_file(tmp_path / "t.yml", compat=Compat.PROMETHEUS_2).passed


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(SUITES)), st.randoms(use_true_random=False), st.sampled_from(list(Compat)))
def test_a_file_with_random_changes_has_a_verdict(tmp_path, name, chance, compat):
    (tmp_path / "t.yml").write_text(changed(SUITES[name], chance))
    assert run_file(tmp_path / "t.yml", compat=compat).passed in {True, False}


@pytest.mark.needs("promtool")
def test_random_values_are_read_or_refused_as_promtool_does(tmp_path):
    assert different(tmp_path, invented(120, seed=1)) == {}


@pytest.mark.stress
@pytest.mark.needs("promtool")
@pytest.mark.parametrize("seed", range(10, 20))
def test_many_random_values_are_read_or_refused_as_promtool_does(tmp_path, seed):
    assert different(tmp_path, invented(400, seed=seed)) == {}


def invented(count, *, seed):
    """Make up values; what we read them as is expected of promtool, too."""
    chance = random.Random(seed)
    texts = ("".join(chance.choices(ALPHABET, k=chance.randint(1, 6))).strip() for _ in range(count))
    return {f"{number}: {text}": asking(text) for number, text in enumerate(texts)}


def asking(values):
    """Ask for each of *values* as we read it, or for anything at all when we do not."""
    try:
        points = read_series(f"x {values}")[1]
    except NotationError:
        points = ()
    asked = [asking_for(index, point) for index, point in enumerate(points[:8]) if point == point]  # noqa: PLR0124 - NaN
    head = f"tests:\n- interval: 1m\n  input_series: [{{series: x, values: '{values}'}}]\n  promql_expr_test:\n"
    return head + "".join(f"  - {{expr: 'last_over_time(x[30s])', {one}}}\n" for one in asked)


def asking_for(index, point):
    number = str(point).replace("inf", ".inf")
    wanted = "" if isinstance(point, Mark) else f"{{labels: x, value: {number}}}"
    return f"eval_time: {index}m, exp_samples: [{wanted}]"
