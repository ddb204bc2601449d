from pathlib import Path

import pytest

from tests import parts
from tests.promqltest import main, run

FLOOR = {
    "aggregators": 124,
    "functions": 251,
    "literals": 25,
    "operators": 142,
    "range_queries": 14,
    "selectors": 31,
    "staleness": 17,
    "subquery": 32,
}


@pytest.mark.needs("promqltest")
@pytest.mark.parametrize("name", FLOOR)
def test_all_stable_evaluations_of_prometheus_own_scripts_pass(name):
    path = Path(parts.find("promqltest") or "") / f"{name}.test"
    verdicts = list(run(path.read_text(encoding="utf-8")))
    assert [verdict for verdict in verdicts if verdict.failure] == []
    assert {verdict.uncounted for verdict in verdicts} <= {"", "experimental", "native histograms"}
    assert sum(not verdict.uncounted for verdict in verdicts) >= FLOOR[name]


SCRIPT = """
load 1m
  x{{a="b"}} 1+1x3 _ stale 5
  y 0x3 {{{{sum:1}}}}

eval instant at 3m x
  {line}

eval instant at 3m limitk(1, x)

eval instant at 3m y
"""


@pytest.mark.parametrize(
    ("line", "status", "counts"),
    [
        ('x{a="b"} 4', 0, "1 passed, 0 failed, 2 not counted (1 experimental, 1 native histograms)"),
        ('x{a="b"} 4.00002', 1, "0 passed, 1 failed, 2 not counted (1 experimental, 1 native histograms)"),
        ('x{a="c"} 4', 1, "0 passed, 1 failed, 2 not counted (1 experimental, 1 native histograms)"),
        ("expect fail", 1, "0 passed, 1 failed, 2 not counted (1 experimental, 1 native histograms)"),
        ("expect warn", 1, "0 passed, 1 failed, 2 not counted (1 experimental, 1 native histograms)"),
    ],
)
def test_the_runner_tells_right_from_wrong(tmp_path, capsys, line, status, counts):
    path = tmp_path / "some.test"
    path.write_text(SCRIPT.format(line=line), encoding="utf-8")
    assert main([str(path)]) == status
    assert capsys.readouterr().out.splitlines()[-1] == f"all: {counts}"


def test_the_runner_compares_ranges_order_and_strings(tmp_path):
    path = tmp_path / "some.test"
    script = """
load 1m
  x{a="1"} 1 2 stale 4
  x{a="2"} 9x3

eval range from 0 to 3m step 1m x{a="1"}
  x{a="1"} 1 2 _ 4

eval instant at 0 sort_desc(x)
  expect ordered
  x{a="2"} 9
  x{a="1"} 1

eval instant at 0 "a"
  expect string "a"

eval instant at 1m x{a="1"}[2m]
  expect range vector from 0 to 1m step 1m
  x{a="1"} 1 2

eval_fail instant at 0 x * on() x

eval instant at 0 1 + 1
  2
"""
    path.write_text(script, encoding="utf-8")
    assert main([str(path)]) == 0
    path.write_text(script.replace("1 2 _ 4", "1 2 3 4"), encoding="utf-8")
    assert main([str(path)]) == 1
    path.write_text(script.replace('x{a="2"} 9\n  x{a="1"} 1', 'x{a="1"} 1\n  x{a="2"} 9'), encoding="utf-8")
    assert main([str(path)]) == 1
