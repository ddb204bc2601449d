import json
from math import isfinite

import pytest

from medic.app.cli.results import lines
from tests.app.cli.running import medic
from tests.harness import until
from tests.rules import promtool


@pytest.fixture(scope="module")
def measuring(daemon):
    """The daemon, once the workers are among its series."""
    until(lambda: "=> 1 @[" in medic(daemon, "rules", "eval", "medic_worker_up").output, what="medic_worker_up")
    return daemon


def printed(at, *arguments):
    result = medic(at, "rules", "eval", *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def test_a_vector_is_printed_as_promtool_prints_it(measuring):
    found = printed(measuring, "medic_worker_up")
    assert [line.partition(" @[")[0] for line in found] == [
        'medic_worker_up{pool="pair", worker="pair/1"} => 1',
        'medic_worker_up{pool="pair", worker="pair/2"} => 1',
        'medic_worker_up{pool="queue-server", worker="queue-server/1"} => 1',
    ]


def test_an_empty_result_prints_nothing(measuring):
    assert printed(measuring, "no_such_metric") == []


def test_beside_an_empty_result_stands_which_metric_nobody_has(measuring):
    result = medic(measuring, "rules", "eval", "sum(rate(node_laod1[5m])) + medic_worker_up")
    words = "no metric node_laod1 is exported or recorded here: did you mean node_load1?\n"
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", words)
    assert medic(measuring, "rules", "eval", "node_load1 < 0").stderr == ""


@pytest.mark.parametrize("more", [[], ["--json"], ["--from", "1m"]])
def test_what_prometheus_would_warn_of_goes_to_the_standard_error(measuring, more):
    result = medic(measuring, "rules", "eval", "quantile(2, rate(node_load1[5m]))", *more)
    assert result.exit_code == 0
    assert result.stderr.startswith(
        "PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)\nPromQL info:"
    )
    assert "PromQL" not in result.stdout


def test_a_scalar_is_told_with_its_time(measuring):
    assert printed(measuring, "1 + 1", "--at", "1700000000.5") == ["scalar: 2 @[1700000000.5]"]
    assert printed(measuring, "1 + 1", "--at", "2023-11-14T22:13:20Z") == ["scalar: 2 @[1700000000]"]


def test_json_is_the_data_of_the_api(measuring):
    data = json.loads(medic(measuring, "rules", "eval", "sum(medic_worker_up)", "--json").output)
    assert data["resultType"] == "vector"
    [each] = data["result"]
    assert (each["metric"], each["value"][1]) == ({}, "3")


def test_over_time_each_series_has_a_line_for_each_step(measuring):
    found = printed(measuring, "vector(1)", "--from", "100", "--to", "130", "--step", "15s")
    assert found == ["{} =>", "1 @[100]", "1 @[115]", "1 @[130]"]


def test_over_time_and_json(measuring):
    data = json.loads(medic(measuring, "rules", "eval", "vector(1)", "--from", "1h", "--json").output)
    assert data["resultType"] == "matrix"
    assert all(isfinite(float(value)) for _, value in data["result"][0]["values"])


def test_what_is_no_expression_is_told_with_a_caret_and_needs_no_daemon(idle):
    result = medic(idle, "rules", "eval", "1 + nope(x)")
    assert result.exit_code == 1
    assert result.output.splitlines()[1:] == ["  1 + nope(x)", "      ^"]
    assert result.output.startswith("1:5: nope() is")


def test_what_the_data_do_not_fit_is_told_by_the_daemon(measuring):
    result = medic(measuring, "rules", "eval", "medic_worker_up * on () medic_worker_up")
    assert result.exit_code == 1
    assert "many-to-many" in result.output or "duplicate" in result.output


def test_without_a_daemon_it_says_so_and_what_to_do(idle):
    result = medic(idle, "rules", "eval", "up")
    assert result.exit_code == 1
    assert "no daemon runs on" in result.output
    assert "start it with `medic run`" in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--at", "noon"], "'noon' is no time: write 2026-01-31T12:00:00Z"),
        (["--to", "1h"], "--to and --step need --from"),
        (["--step", "1m"], "--to and --step need --from"),
        (["--from", "1h", "--at", "1h"], "write one of them"),
        (["--from", "1h", "--to", "2h"], "--from 1h is later than --to 2h"),
        (["--from", "1h", "--step", "0s"], "--step '0s' is no time at all"),
        (["--from", "1h", "--step", "often"], "--step 'often' is not a duration"),
    ],
)
def test_times_that_make_no_sense_are_wrong_use(idle, arguments, words):
    result = medic(idle, "rules", "eval", "up", *arguments)
    assert result.exit_code == 2
    assert words in result.output


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"resultType": "string", "result": [1, "a\nb"]}, ["a\nb"]),
        ({"resultType": "scalar", "result": [1.5, "NaN"]}, ["scalar: NaN @[1.5]"]),
        (
            {"resultType": "vector", "result": [{"metric": {"__name__": "x"}, "value": [1e9, "1e+22"]}]},
            ["x => 10000000000000000000000 @[1000000000]"],
        ),
        (
            {"resultType": "vector", "result": [{"metric": {"b": 'q"\\\n', "a": "é"}, "value": [0, "-1.5e-07"]}]},
            ['{a="é", b="q\\"\\\\\\n"} => -0.00000015 @[0]'],
        ),
        (
            {"resultType": "matrix", "result": [{"metric": {}, "values": [[1, "+Inf"], [2, "-Inf"]]}]},
            ["{} =>", "+Inf @[1]", "-Inf @[2]"],
        ),
        (
            {
                "resultType": "vector",
                "result": [{"metric": {"a": "\t\u00a0\x01\U0001f600\u2028\x7f"}, "value": [0, "1"]}],
            },
            ['{a="\\t\\u00a0\\x01\U0001f600\\u2028\\x7f"} => 1 @[0]'],
        ),
        ({"resultType": "vector", "result": []}, []),
        (None, []),
    ],
)
def test_results_are_written_as_promtool_writes_them(data, expected):
    assert list(lines(data)) == expected


@pytest.mark.needs("promtool")
@pytest.mark.parametrize(
    "expression",
    ["medic_worker_processes", "1e300", "vector(1.5e-7)", "vector(-1) / 0", "scalar(vector(1)) / 3", "sum(x)"],
)
def test_promtool_prints_the_same(measuring, expression):
    [now] = printed(measuring, "time()")
    at = now.removeprefix("scalar: ").partition(".")[0]
    asked = ("query", "instant", f"--time={at}", measuring.url, expression)
    code, theirs = promtool.run(*asked, cwd=measuring.folder)
    assert code == 0, theirs
    assert printed(measuring, expression, "--at", at) == theirs.strip().splitlines()
