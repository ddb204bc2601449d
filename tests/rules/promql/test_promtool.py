"""The same expressions over the same samples, answered by promtool (Prometheus 2) and by the engine."""

import re
from math import isnan

import pytest

from rules.promql import Compat
from tests.rules import promtool
from tests.rules.promql.engine import ask, load

LINES = (
    'c_total{i="1",g="a"} 0+7x20 3+11x20',
    'c_total{i="2",g="a"} _x5 7+10x30',
    'c_total{i="3",g="b"} 5 5 5 stale _x3 1+1x10 stale',
    'g{i="1"} 5 -3 8.25 1e9 7 7 7 0.1x5 3 -2x10 4x20',
    'g{i="2"} 1+0.1x40',
    'g{i="4"} 1 NaN Inf -Inf 2 0x30',
    'h_bucket{le="0.1"} 0+1x40',
    'h_bucket{le="1"} 0+3x40',
    'h_bucket{le="+Inf"} 0+4x40',
    'info{i="1",v="x"} 1x40',
)
QUERIES = [
    r"c_total",
    r"rate(c_total[5m])",
    r"increase(c_total[10m])",
    r"irate(c_total[5m])",
    r"delta(g[7m])",
    r"idelta(g[5m])",
    r"deriv(g[10m])",
    r"predict_linear(g[10m], 600)",
    r"changes(g[20m])",
    r"resets(c_total[30m])",
    r"avg_over_time(g[10m])",
    r"sum_over_time(g[10m])",
    r"min_over_time(g[10m])",
    r"max_over_time(g[10m])",
    r"count_over_time(c_total[10m])",
    r"stddev_over_time(g[10m])",
    r"stdvar_over_time(g[9m])",
    r"quantile_over_time(0.3, g[10m])",
    r"last_over_time(g[2m])",
    r"present_over_time(c_total[3m])",
    r"absent_over_time(c_total[1m] offset 1h)",
    r"sum by (g) (rate(c_total[5m]))",
    r"avg without (i) (c_total)",
    r"topk(2, g)",
    r"bottomk(1, c_total)",
    r"quantile(0.4, g)",
    r"stddev(g)",
    r'count_values("v", g)',
    r"histogram_quantile(0.7, rate(h_bucket[5m]))",
    r"g + on(i) c_total",
    r"g * on(i) group_left(v) info",
    r"c_total > 20",
    r"c_total > bool 20",
    r"g and on(i) c_total",
    r"g unless on(i) c_total",
    r"g or c_total",
    r"-g",
    r"g % 3",
    r"g ^ 2",
    r"2 ^ g",
    r"max_over_time(rate(c_total[3m])[10m:1m])",
    r"sum_over_time(g[10m:3m] offset 2m)",
    r"c_total @ 600",
    r"rate(c_total[5m] @ 900 offset 1m)",
    r"clamp(g, -1, 5)",
    r"round(g, 0.5)",
    r"exp(g / 1e9)",
    r"ln(g)",
    r"sqrt(g)",
    r"sgn(g)",
    r"timestamp(c_total)",
    r"day_of_week(g * 86400)",
    r'label_replace(g, "j", "$1-x", "i", "(.*)")',
    r'label_join(c_total, "j", "/", "g", "i")',
    r'absent(nosuch{a="b"})',
    r"vector(time())",
    r"group by (g) (c_total)",
    r"sum(g) / count(g)",
    r'c_total{g=~"a|x", i!="1"}',
    r"abs(g offset 3m)",
]
TIMES = (3, 9, 17, 26, 40)
CASE = """
      - expr: '{expr}'
        eval_time: {at}m
        exp_samples: [{{labels: 'never{{}}', value: 0}}]"""
ASKED = re.compile(r'    expr: "(?P<expr>.*)", time: (?P<at>\S+),\n +exp:.*\n +got:(?P<got>.*)')
SAMPLE = re.compile(r"((?:[a-z_]\w*)?\{(?:[^{}\"]|\"[^\"]*\")*\}) (\S+?)(?:,|$)")


def answers(folder):
    series = "".join(
        f"\n      - series: '{line.split(' ', 1)[0]}'\n        values: '{line.split(' ', 1)[1]}'" for line in LINES
    )
    cases = "".join(CASE.format(expr=expr.replace("'", "''"), at=at) for expr in QUERIES for at in TIMES)
    (folder / "t.yml").write_text(
        f"evaluation_interval: 1m\ntests:\n  - interval: 1m\n    input_series:{series}\n    promql_expr_test:{cases}\n",
        encoding="utf-8",
    )
    _, told = promtool.run("test", "rules", "t.yml", cwd=folder)
    for found in ASKED.finditer(told):
        minutes = sum(int(n) * {"h": 60, "m": 1, "s": 0}[unit] for n, unit in re.findall(r"(\d+)([hms])", found["at"]))
        expr = found["expr"].encode().decode("unicode_escape")
        yield (expr, minutes), {key: float(value) for key, value in SAMPLE.findall(found["got"])}


def normal(result):
    """Write promtool's labels as ours: the name in front, no quotes."""
    found = {}
    for text, value in result.items():
        plain = text.replace('", ', '",').replace('"', "")
        name = re.search(r"__name__=([^,}]*),?", plain)
        found[plain if name is None else name[1] + plain.replace(name[0], "")] = value
    return found


@pytest.mark.needs("promtool")
def test_the_engine_answers_as_prometheus_2_does(tmp_path):
    series = load(*LINES)
    theirs = dict(answers(tmp_path))
    assert len(theirs) == len(QUERIES) * len(TIMES)
    different = [
        (expr, at, ours, normal(result))
        for (expr, at), result in theirs.items()
        if not alike(ours := ask(series, expr, at, compat=Compat.PROMETHEUS_2), normal(result))
    ]
    assert different == []


def alike(ours, theirs):
    if isinstance(ours, float):
        ours = {"{}": ours}
    return ours.keys() == theirs.keys() and all(
        ours[name] == pytest.approx(theirs[name], rel=1e-9, nan_ok=True) or (isnan(ours[name]) and isnan(theirs[name]))
        for name in ours
    )
