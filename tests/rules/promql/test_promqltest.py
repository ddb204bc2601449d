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
    assert {verdict.uncounted for verdict in verdicts} <= {"", "experimental", "native histograms", "start timestamps"}
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


GOOD = """
# a comment
clear

load 30s
  # a comment among series
  load_avg{quoted='single', `raw`="\\x41"} 1-1x3 .5x1 -Inf+1x1 stalex1 _ _x2 1e3 NaNx2 0x10
  {"name in quotes", "a b"="c"} 5 6 7

LOAD 30s
  later 1 2 3

eval instant at 0 load_avg
  load_avg{quoted="single", raw="A"} 1

eval instant at 2m30s load_avg
  load_avg{quoted="single", raw="A"} 0.5

eval instant at 3m load_avg
  load_avg{quoted="single", raw="A"} -Inf

eval instant at -1m later

eval instant at 60 {"name in quotes"}
  expect no_info
  expect no_warn
  {"name in quotes", "a b"="c"} 7

eval_ordered instant at 1m sort_desc({__name__=~"later|name in quotes"})
  {"name in quotes", "a b"="c"} 7
  later 3

eval instant at 1m 15
  0xf
eval instant at 1m 15
  15

eval_fail instant at 1m later * on () group_left () {__name__=~".+"}
  expected_fail_regexp found duplicate series .*

eval_fail instant at 1m topk(NaN, later)
  expected_fail_message Parameter value is NaN

eval_warn instant at 1m quantile(2, later)
  {} +Inf

eval_info range from 0 to 1m step 30s rate(later[1m])
  {} _ 0.03333333333333333 0.03333333333333333

eval range from 0 to 1m step 30s later
  later 1 2 3

eval instant at 1m later[1m]
  expect range vector from 30s to 1m step 30s
  later 2 3

eval instant at 1m "a\\"b"
  expect string `a"b`
"""


def test_the_runner_reads_every_directive(tmp_path, capsys):
    path = tmp_path / "good.test"
    path.write_text(GOOD, encoding="utf-8")
    status = main([str(path)])
    assert (status, capsys.readouterr().out.splitlines()[-1]) == (0, "all: 15 passed, 0 failed, 0 not counted")


@pytest.mark.parametrize(
    "line",
    [
        "evil instant at 0 x",
        "eval instantly at 0 x",
        "eval instant at soon x",
        "eval instant at 1.5m x",
        "eval_sometimes instant at 0 x",
        "eval range from 1m to 0 step 1m x",
        "eval range from 0 to 1m step 0 x",
        "load often",
        "load 1m\n  x one",
        "load 1m\n  x 1+2",
        "load 1m\n  x{a=b} 1",
        "load 1m\n  x{a} 1",
        "load 1m\n  {a='\\q'} 1",
        "load 1m\n  !x 1",
        "eval instant at 0 x\n  expect nothing",
        "eval instant at 0 x\n  expect info regex: (",
        "eval instant at 0 x\n  expect range vector from here to there",
        "eval instant at 0 x\n  x y",
        "eval instant at 0 x{",
        "clean",
    ],
)
def test_what_the_runner_cannot_read_is_a_failure_and_no_skip(tmp_path, capsys, line):
    path = tmp_path / "bad.test"
    path.write_text(f"load 1m\n  x 1\n\n{line}\n\neval instant at 0 x\n  x 1\n", encoding="utf-8")
    assert main([str(path)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "all: 1 passed, 1 failed, 0 not counted"


@pytest.mark.parametrize(
    "wrong",
    [
        "eval instant at 0 x\n  1",
        "eval instant at 0 1\n  {} 1",
        "eval instant at 0 1\n  2",
        'eval instant at 0 "a"\n  expect string "b"',
        "eval instant at 0 x\n  x 1\n  y 2",
        "eval instant at 0 x\n  x 1 2",
        "eval instant at 0 x\n",
        "eval instant at 0 x\n  x _",
        "eval instant at 0 x\n  expect fail",
        "eval instant at 0 topk(NaN, x)\n  expect fail msg: something else",
        "eval instant at 0 topk(NaN, x)\n  expect fail regex: ^else",
        "eval instant at 0 quantile(2, x)\n  expect no_warn\n  {} Inf",
        "eval instant at 0 quantile(2, x)\n  expect warn msg: quantile\n  {} Inf",
        "eval instant at 0 quantile(2, x) + quantile(3, x)\n  expect warn regex: got 2\n  {} Inf",
        "eval instant at 0 x\n  expect info\n  x 1",
        "eval_warn instant at 0 x\n  x 1",
        "eval range from 0 to 1m step 1m x\n  x 1",
    ],
)
def test_the_runner_sees_every_kind_of_difference(tmp_path, wrong):
    path = tmp_path / "wrong.test"
    path.write_text(f"load 1m\n  x 1 2\n\n{wrong}\n", encoding="utf-8")
    assert main([str(path)]) == 1


def test_what_only_an_experimental_engine_reads_does_not_count(tmp_path, capsys):
    path = tmp_path / "starts.test"
    path.write_text(
        """
load 1m
  started_total@st -30s -30s
  started_total 1 2
  plain_total 1 2

load 1m
  @st -30s
  both_total{a="b"} 1 2

load_with_nhcb 1m
  h_bucket{le="1"} 1 2

eval instant at 1m increase(started_total[2m])
  {} 9

eval instant at 1m resets(both_total[2m])
  {a="b"} 9

eval instant at 1m increase({__name__=~"plain.*"}[2m])
  {} 2

eval instant at 1m started_total
  started_total 2

eval instant at 1m h_bucket
  h_bucket{le="1"} 2

eval instant at 1m h
  {} {{sum:1}}

eval instant at 1m x[step()]
  {} 1

eval instant at 1m rate(x[5m] smoothed)
  {} 1
""",
        encoding="utf-8",
    )
    assert main([str(path)]) == 0
    reasons = "(2 experimental, 1 native histograms, 2 start timestamps)"
    assert capsys.readouterr().out.splitlines()[-1] == f"all: 3 passed, 0 failed, 5 not counted {reasons}"
