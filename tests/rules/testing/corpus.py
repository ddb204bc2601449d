"""Unit-test files of rules, ordinary and odd ones; what promtool says of each is asked of promtool itself."""

from random import Random
from textwrap import indent

RULES = {
    "up.yml": """
groups:
- name: up
  rules:
  - {record: "job:up:sum", expr: sum by (job) (up)}
  - alert: Down
    expr: up == 0
    for: 2m
    labels: {severity: page, where: "{{ $labels.job }}"}
    annotations: {summary: "{{ $labels.instance }} is down, {{ $value }}", empty: ""}
  - {alert: Quiet, expr: "absent(up)"}
  - {alert: Held, expr: "up == 0", keep_firing_for: 2m}
""",
    "chain.yml": """
groups:
- {name: second, rules: [{record: b, expr: a + 1}]}
- {name: first, rules: [{record: a, expr: x * 2}]}
""",
    "chained.yml": "groups:\n- {name: g, rules: [{record: a, expr: x * 2}, {record: b, expr: a + 1}]}\n",
    "own_interval.yml": "groups:\n- {name: slow, interval: 10m, rules: [{record: t, expr: time()}]}\n",
    "limited.yml": "groups:\n- {name: g, limit: 1, rules: [{alert: Many, expr: x > 0}]}\n",
    "limited_records.yml": "groups:\n- {name: g, limit: 1, rules: [{record: r, expr: x + 0}]}\n",
    "twins.yml": "groups:\n- {name: g, rules: [{alert: Twin, expr: x > 0, labels: {i: same}}]}\n",
    "clash.yml": "groups:\n- {name: g, rules: [{record: x, expr: y + 0}]}\n",
    "two_writers.yml": "groups:\n- {name: g, rules: [{record: r, expr: x + 0}, {record: r, expr: x * 2}]}\n",
    "equal_writers.yml": "groups:\n- {name: g, rules: [{record: r, expr: x + 0}, {record: r, expr: x * 1}]}\n",
    "same_alert.yml": """
groups:
- name: g
  rules: [{alert: Same, expr: x > 1, labels: {of: one}}, {alert: Same, expr: x > 2, labels: {of: two}}]
- name: h
  rules: [{alert: Same, expr: x > 3, labels: {of: three}}]
""",
    "equal_alerts.yml": "groups:\n- {name: g, rules: [{alert: Same, expr: x > 1}, {alert: Same, expr: x > 2}]}\n",
    "steps.yml": "groups:\n- {name: g, rules: [{record: r, expr: 'count_over_time(x[10m:])'}]}\n",
    "told.yml": """
groups:
- name: g
  rules:
  - alert: Told
    expr: x > 1
    labels: {site: "{{ $externalLabels.site }}", alertname: Other}
    annotations:
      url: "{{ $externalURL }}/x"
      others: "{{ range query \\"y\\" }}{{ .Labels.i }}={{ .Value }};{{ end }}"
      missing: "{{ $labels.nope }}"
""",
    "broken.yml": "groups:\n- {name: g, rules: [{record: r, expr: 'sum('}]}\n",
    "unlabelled.yml": "groups:\n- {name: g, rules: [{alert: Plain, expr: vector(1)}]}\n",
    "erring.yml": "groups:\n- {name: g, rules: [{record: r, expr: 'x * on () x'}]}\n",
}


def case(body: str, *, files: str = "", head: str = "") -> str:
    """Write a file with one test, at an interval of a minute."""
    named = f"rule_files: [{files}]\n" if files else ""
    return f"{named}{head}tests:\n- interval: 1m\n{indent(body.strip(), '  ')}\n"


def asks(series: str, expr: str, at: str, *samples: str, files: str = "", head: str = "") -> str:
    """Write a file with one series and one question; each of *samples* is ``labels value``."""
    name, _, values = series.partition(" ")
    wanted = "".join(
        f"\n  - {{labels: '{text}', value: {value}}}" for text, _, value in (one.rpartition(" ") for one in samples)
    )
    inputs = f"input_series: [{{series: '{name}', values: '{values}'}}]\n"
    body = f"{inputs}promql_expr_test:\n- expr: '{expr}'\n  eval_time: {at}\n  exp_samples:{wanted or ' []'}"
    return case(body, files=files, head=head)


def fires(series: str, name: str, at: str, *alerts: str, files: str, head: str = "", more: str = "") -> str:
    """Write a file with one series and one question for an alert; each of *alerts* is a YAML mapping."""
    metric, _, values = series.partition(" ")
    wanted = "".join(f"\n  - {alert}" for alert in alerts)
    inputs = f"input_series: [{{series: '{metric}', values: '{values}'}}]\n"
    body = f"{inputs}alert_rule_test:\n- alertname: {name}\n  eval_time: {at}\n  exp_alerts:{wanted or ' []'}\n{more}"
    return case(body, files=files, head=head)


def changed(text: str, chance: Random) -> str:
    """Put a few signs that mean something to YAML or to PromQL at random places."""
    signs = list(text or "tests: []")
    for _ in range(chance.randint(1, 5)):
        place = chance.randrange(len(signs) + 1)
        signs[place : place + chance.randint(0, 3)] = chance.choice(
            ["", *"{}[]:, \n'-é5&*!#x\\", "{{", "&a", "*a", "!!"]
        )
    return "".join(signs)


UP = 'up{job="a",instance="i"}'
DOWN = (
    "{exp_labels: {severity: page, where: a, job: a, instance: i}, "
    "exp_annotations: {summary: 'i is down, 0', empty: ''}}"
)
PAIR = "input_series: [{series: 'x{i=\"1\"}', values: '1x9'}, {series: 'x{i=\"2\"}', values: '2x9'}]\n"
ONE = "input_series: [{series: x, values: '1x9'}]\n"

FORMAT = {
    "empty": "",
    "a comment": "# nothing\n",
    "null": "null\n",
    "text": "hello\n",
    "a list": "- a\n",
    "no tests": "rule_files: [up.yml]\n",
    "no tests and a broken rule file": "rule_files: [broken.yml]\n",
    "a test of nothing": "tests: [{}]\n",
    "a test of nothing and a broken rule file": "rule_files: [broken.yml]\ntests: [{}]\n",
    "null test": "tests: [null]\n",
    "tests as a mapping": "tests: {interval: 1m}\n",
    "a rule file that is missing": case(ONE, files="missing.yml"),
    "a pattern that matches nothing": case(ONE, files="missing*.yml"),
    "a missing rule file and an alert that is wanted": fires(f"{UP} 0x9", "Down", "5m", DOWN, files="missing.yml"),
    "a pattern": fires(f"{UP} 0x9", "Down", "5m", DOWN, files='"u?.yml"'),
    "a pattern in brackets": fires(f"{UP} 0x9", "Down", "5m", DOWN, files='"[t-v]p.yml"'),
    "a pattern in negated brackets": fires(f"{UP} 0x9", "Down", "5m", DOWN, files='"[^a]p.yml"'),
    "a pattern that is none": case(ONE, files='"[up.yml"'),
    "a rule file twice": fires(f"{UP} 0x9", "Down", "5m", DOWN, files="up.yml, up.yml"),
    "an empty name of a rule file": case(ONE, files='""'),
    "rule files as text": "rule_files: up.yml\ntests: []\n",
    "rule files null": "rule_files:\ntests: []\n",
    "unknown key": "rules: []\n",
    "unknown key of a test": "tests: [{intervall: 1m}]\n",
    "unknown key of a series": case("input_series: [{series: x, value: '1'}]"),
    "unknown key of an alert test": case("alert_rule_test: [{alertname: Down, eval_time: 1m, exp_alert: []}]"),
    "unknown key of an alert": case("alert_rule_test: [{alertname: Down, exp_alerts: [{labels: {a: b}}]}]"),
    "unknown key of a question": case("promql_expr_test: [{expr: '1', time: 1m}]"),
    "unknown key of a sample": case("promql_expr_test: [{expr: '1', exp_samples: [{label: '{}', value: 1}]}]"),
    "key twice": "evaluation_interval: 1m\nevaluation_interval: 1m\n",
    "label twice": case("alert_rule_test: [{alertname: A, exp_alerts: [{exp_labels: {a: b, a: b}}]}]"),
    "interval as a number": "tests: [{interval: 60}]\n",
    "interval 0": asks("x 1 2 3", "x", "0", "x 3", head="evaluation_interval: 0\n").replace(
        "interval: 1m", "interval: 0"
    ),
    "interval missing": asks("x 1 2 3", "x", "2m", "x 3").replace("interval: 1m", "name: n"),
    "interval missing, evaluated at another": asks(
        "x 1 2 3", "x", "1m", "x 3", head="evaluation_interval: 30s\n"
    ).replace("interval: 1m", "name: n"),
    "interval null": asks("x 1 2 3", "x", "2m", "x 3").replace("interval: 1m", "interval:"),
    "evaluation interval 0": asks("x 1 2 3", "x", "2m", "x 3", head="evaluation_interval: 0s\n"),
    "evaluation interval wrong": "evaluation_interval: often\n",
    "two documents": "tests: []\n---\nnonsense: 1\n",
    "not YAML": "tests: [\n",
    "order with a group twice": "group_eval_order: [a, a]\n",
    "order with a group that is not there": "group_eval_order: [a]\ntests: [{}]\n",
    "external labels as a list": "tests: [{external_labels: [a]}]\n",
    "eval_time missing": case(
        "input_series: [{series: x, values: '7'}]\npromql_expr_test: [{expr: x, exp_samples: [{labels: x, value: 7}]}]"
    ),
    "eval_time negative": asks("x 1", "x", "-1m"),
    "eval_time as a bare number": asks("x 1", "x", "5"),
    "value as text": asks("x 1", "x", "0", "x '1'"),
    "value as a quoted word": asks("x 1", "x", "0", "x one"),
    "value in hexadecimal": asks("x 16", "x", "0", "x 0x10"),
    "value in octal": asks("x 8", "x", "0", "x 010"),
    "value in octal of YAML 1.2": asks("x 8", "x", "0", "x 0o10"),
    "value in binary": asks("x 2", "x", "0", "x 0b10"),
    "value with underscores": asks("x 1000", "x", "0", "x 1_000"),
    "value with an exponent": asks("x 1000", "x", "0", "x 1e3"),
    "value with an exponent and a sign": asks("x 0.001", "x", "0", "x 1e-3"),
    "value without digits before its point": asks("x 0.5", "x", "0", "x .5"),
    "value with a plus": asks("x 5", "x", "0", "x +5"),
    "value of base 60": asks("x 750", "x", "0", "x 12:30"),
    "value as an infinity of YAML": asks("x Inf", "x", "0", "x .inf"),
    "value as an infinity of Prometheus": asks("x Inf", "x", "0", "x Inf"),
    "value as a negative infinity": asks("x -Inf", "x", "0", "x -.Inf"),
    "value that is not a number": asks("x NaN", "x", "0", "x .nan"),
    "value as NaN": asks("x NaN", "x", "0", "x NaN"),
    "value null": asks("x 0", "x", "0", "x null"),
    "value missing": case(
        "input_series: [{series: x, values: '0'}]\n" + "promql_expr_test: [{expr: x, exp_samples: [{labels: x}]}]"
    ),
    "value as a truth": asks("x 1", "x", "0", "x true"),
    "values as a number": asks("x 5", "x", "0", "x 5").replace("'5'", "5"),
    "values as a list": case("input_series: [{series: x, values: [1, 2]}]"),
    "values null": asks("x ", "x", "0").replace("''", "null"),
    "labels as a mapping": case("promql_expr_test: [{expr: '1', exp_samples: [{labels: {}, value: 1}]}]"),
    "merge keys and anchors": "tests:\n- &t {interval: 1m, name: a}\n- {<<: *t, name: b}\n",
}

COUNT = 'count({__name__=~".+"} or {a=~".+"})'

NOTATION = {
    **{
        f"values {values!r} at {at}": asks(f"x {values}", "x", at, *([f"x {wanted}"] if wanted else []))
        for values, at, wanted in (
            ("1 2 3", "2m", "3"),
            ("1 2 3", "1m", "2"),
            ("0+10x5", "5m", "50"),
            ("0+10x5", "6m", "50"),
            ("100-10x5", "5m", "50"),
            ("1x3 7", "4m", "7"),
            ("1x3 7", "3m", "1"),
            ("1x0 7", "1m", "7"),
            ("-1+1x3", "3m", "2"),
            ("-1-1x3", "3m", "-4"),
            ("0.1+0.1x9", "9m", "0.9999999999999999"),
            ("0.1+0.1x9", "9m", "1"),
            ("1e3", "0", "1000"),
            ("1e-3+1e-3x2", "2m", "0.003"),
            ("1E3", "0", "1000"),
            (".5", "0", "0.5"),
            ("5.", "0", "5"),
            ("+5", "0", "5"),
            ("010", "0", "8"),
            ("010", "0", "10"),
            ("09", "0", "9"),
            ("0x10", "0", "0"),
            ("0x10 5", "11m", "5"),
            ("1_000", "0", "1000"),
            ("_ 1", "1m", "1"),
            ("_ 1", "0", ""),
            ("1 _x3 2", "4m", "2"),
            ("1 _x3 2", "3m", "1"),
            ("1 _x4 2", "5m", "2"),
            ("1 _x9", "5m", "1"),
            ("1 _x9", "4m", "1"),
            ("1 _x9", "6m", ""),
            ("_x0 1", "0", "1"),
            ("1 stale", "1m", ""),
            ("1 stale 2", "2m", "2"),
            ("stale 1", "1m", "1"),
            ("1 stale stale 3", "3m", "3"),
            ("1 stale _x2 4", "4m", "4"),
            ("stalex3 1", "4m", "1"),
            ("1 STALE", "1m", ""),
            ("inf", "0", ".inf"),
            ("Inf", "0", ".inf"),
            ("+Inf", "0", ".inf"),
            ("-Inf", "0", "-.inf"),
            ("Infx3", "1m", ".inf"),
            ("-Infx3", "1m", "-.inf"),
            ("Inf+1x3", "1m", ".inf"),
            ("1+Infx3", "1m", ".inf"),
            ("NaNx3", "1m", ".nan"),
            ("1 nope", "0", "1"),
            ("1,2", "0", "1"),
            ("1x", "0", "1"),
            ("1x-1", "0", "1"),
            ("1x1.5", "0", "1"),
            ("1 x3", "0", "1"),
            ("1+1 x3", "0", "1"),
            ("1 + 1x3", "0", "1"),
            ("1+-1x3", "0", "1"),
            ("1+1", "0", "1"),
            ("1-1", "0", "1"),
            ("_+1x3", "0", ""),
            ("x", "0", ""),
            ("1x3x3", "0", "1"),
            ("1X3", "0", "1"),
            ("--1", "0", "1"),
            ("- 1", "0", "-1"),
            ("1   2", "1m", "2"),
            ("1e", "0", "1"),
            ("1.2.3", "0", "1"),
            ("__", "0", ""),
            ("1_", "0", "1"),
            ("1h", "0", "3600"),
            ("{{schema:0 count:1}}", "0", ""),
            ("# 1", "0", ""),
        )
    },
    **{
        f"series {series!r}": asks("v 1", COUNT, "0", *([f"{{}} {wanted}"] if wanted else [])).replace(
            "'v'", repr(series)
        )
        for series, wanted in (
            ("x", "1"),
            ("x{}", "1"),
            ("a:b", "1"),
            (":b", "1"),
            ("x {a='b'}", "1"),
            ("{__name__='x'}", "1"),
            ("{a='b'}", "1"),
            ("{}", ""),
            ("x{__name__='y'}", "1"),
            ("x{a='b',}", "1"),
            ("x{,}", "1"),
            ("x{a='b' c='d'}", "1"),
            ("x{ a = 'b' , c = 'd' }", "1"),
            ("x{a='b',a='c'}", "1"),
            ("x{a='b',a='b'}", "1"),
            ("x{a=b}", "1"),
            ("x{a=~'b'}", "1"),
            ("x{a=''}", "1"),
            ("x{a='}'}", "1"),
            ("x{a='\\n'}", "1"),
            ("x{a=`b`}", "1"),
            ("x{a-b='c'}", "1"),
            ("x{'a'='c'}", "1"),
            ("x-y", "1"),
            ("5", "1"),
            ("x 5", "1"),
            ("sum", "1"),
            ("by", "1"),
            ("x{by='a', on='b', sum='c', inf='d', nan='e'}", "1"),
            ("inf", "1"),
            ("NaN", "1"),
            ("start", "1"),
            ("bool", "1"),
            ("offset", "1"),
            ("and", "1"),
            ("", ""),
            ("#x", ""),
            ("x{a='ä'}", "1"),
            ("ä", "1"),
        )
    },
    **{
        f"labels {text!r}": asks('x{a="b"} 1', expr, "0", f"{text.replace(chr(39), chr(39) * 2)} 1")
        for text, expr in (
            ('x{a="b"}', "x"),
            ("x{a='b'}", "x"),
            ('{__name__="x",a="b"}', "x"),
            ('x{a="b",c=""}', "x"),
            ('x{a="c"}', "x"),
            ("x", "x"),
            ("{}", "vector(1)"),
            ("", "vector(1)"),
            ("{}", "1"),
            ('{a="b"}', "x + 0"),
            ('{a="b",c=""}', "x + 0"),
            ('{a="b"', "x"),
            ("x{a=", "x"),
            ("5", "1"),
        )
    },
    "the same series twice": case(
        "input_series: [{series: x, values: '1 1'}, {series: x, values: '2'}]\n"
        "promql_expr_test: [{expr: x, eval_time: 1m, exp_samples: [{labels: x, value: 2}]}]"
    ),
    "values over two lines": case(
        'input_series:\n- {series: x, values: "1\\n2"}\n'
        "promql_expr_test: [{expr: x, eval_time: 1m, exp_samples: [{labels: x, value: 1}]}]"
    ),
    "a series after values with a line end": case(
        "input_series:\n- {series: x, values: \"1 2\\n\"}\n- {series: y, values: '3 4'}\n"
        "promql_expr_test: [{expr: y, eval_time: 1m, exp_samples: [{labels: y, value: 4}]}]"
    ),
    "a series after values with a line end that is not asked for": case(
        "input_series:\n- {series: x, values: \"1 2\\n\"}\n- {series: y, values: '3 4'}\n"
        "promql_expr_test: [{expr: y, eval_time: 1m, exp_samples: []}]"
    ),
    "a broken series after values with a line end": case(
        "input_series:\n- {series: x, values: \"1 2\\n\"}\n- {series: y, values: 'nope'}\n"
    ),
}

RUNNING = {
    "an alert that fires": fires(f"{UP} 0x9", "Down", "2m", DOWN, files="up.yml"),
    "an alert that is pending": fires(f"{UP} 0x9", "Down", "1m", files="up.yml"),
    "an alert that is pending and wanted": fires(f"{UP} 0x9", "Down", "1m", DOWN, files="up.yml"),
    "an alert between two evaluations": fires(f"{UP} 0x9", "Down", "2m30s", DOWN, files="up.yml"),
    "an alert just before an evaluation": fires(f"{UP} 0x9", "Down", "1m59s", files="up.yml"),
    "an alert that resolved": fires(f"{UP} 0x4 1x9", "Down", "5m", files="up.yml"),
    "an alert that is kept firing": fires(
        f"{UP} 0x4 1x9", "Held", "6m", "{exp_labels: {job: a, instance: i}}", files="up.yml"
    ),
    "an alert that is kept firing no longer": fires(f"{UP} 0x4 1x9", "Held", "7m", files="up.yml"),
    "an alert wanted twice": fires(f"{UP} 0x9", "Down", "5m", DOWN, DOWN, files="up.yml"),
    "an alert with too few labels": fires(f"{UP} 0x9", "Down", "5m", "{exp_labels: {severity: page}}", files="up.yml"),
    "an alert without its empty annotation": fires(
        f"{UP} 0x9", "Down", "5m", DOWN.replace(", empty: ''", ""), files="up.yml"
    ),
    "an alert with an empty label": fires(
        f"{UP} 0x9", "Down", "5m", DOWN.replace("instance: i", "instance: i, more: ''"), files="up.yml"
    ),
    "an alert with a null label": fires(
        f"{UP} 0x9", "Down", "5m", DOWN.replace("instance: i", "instance: i, more: "), files="up.yml"
    ),
    "an alert with another alertname among its labels": fires(
        f"{UP} 0x9", "Down", "5m", DOWN.replace("instance: i", "instance: i, alertname: Up"), files="up.yml"
    ),
    "an alert that no rule makes": fires(f"{UP} 0x9", "Nope", "5m", files="up.yml"),
    "an alert that no rule makes, wanted": fires(f"{UP} 0x9", "Nope", "5m", "{}", files="up.yml"),
    "an alert null": fires("x 1", "Plain", "0", "null", files="unlabelled.yml"),
    "an alert without labels": fires("x 1", "Plain", "0", "{}", files="unlabelled.yml"),
    "no alertname": case("alert_rule_test: [{eval_time: 1m}]"),
    "no alertname, after one that fails": case(
        "alert_rule_test: [{alertname: Plain, eval_time: 1m}, {eval_time: 1m}]", files="unlabelled.yml"
    ),
    "absent series": fires("y 1", "Quiet", "1m", "{}", files="up.yml"),
    "several rules with one alert name": fires(
        "x 5", "Same", "0", *(f"{{exp_labels: {{of: {of}}}}}" for of in ("three", "one", "two")), files="same_alert.yml"
    ),
    "several rules with one alert name, one forgotten": fires(
        "x 5", "Same", "0", *(f"{{exp_labels: {{of: {of}}}}}" for of in ("one", "two")), files="same_alert.yml"
    ),
    "two rules with equal alerts": fires("x 5", "Same", "0", "{}", "{}", files="equal_alerts.yml"),
    "two rules with equal alerts, wanted once": fires("x 5", "Same", "0", "{}", files="equal_alerts.yml"),
    "two rules with equal alerts since other times": fires(
        "x 2 5x5", "Same", "3m", "{}", "{}", files="equal_alerts.yml"
    ),
    "two rules of which one no longer has the alert": fires("x 5x3 2x5", "Same", "6m", "{}", files="equal_alerts.yml"),
    "a recorded series": asks(f"{UP} 0x9", "job:up:sum", "5m", 'job:up:sum{job="a"} 0', files="up.yml"),
    "ALERTS": asks(
        f"{UP} 0x9",
        "ALERTS",
        "1m",
        'ALERTS{alertname="Down",alertstate="pending",severity="page",where="a",job="a",instance="i"} 1',
        'ALERTS{alertname="Held",alertstate="firing",job="a",instance="i"} 1',
        files="up.yml",
    ),
    "ALERTS after they were resolved": asks(f"{UP} 0x3 1x9", "ALERTS", "9m", files="up.yml"),
    "ALERTS_FOR_STATE": asks(
        f"{UP} 1x3 0x9",
        'ALERTS_FOR_STATE{alertname="Down"}',
        "6m",
        'ALERTS_FOR_STATE{alertname="Down",severity="page",where="a",job="a",instance="i"} 240',
        files="up.yml",
    ),
    "rules in the order of the file": asks("x 1+1x9", "b", "3m", "b 9", files="chained.yml"),
    "groups in the order that was asked for": asks(
        "x 1+1x9", "b", "3m", "b 9", files="chain.yml", head="group_eval_order: [first, second]\n"
    ),
    "groups in the other order that was asked for": asks(
        "x 1+1x9", "b", "3m", "b 7", files="chain.yml", head="group_eval_order: [second, first]\n"
    ),
    "a group's own interval does not count": asks("x 1", "t", "7m", "t 420", files="own_interval.yml"),
    "a group at its limit": fires("x 1", "Many", "0", "{}", files="limited.yml"),
    "a group over its limit": case(
        f"{PAIR}alert_rule_test: [{{alertname: Many, eval_time: 0, exp_alerts: []}}]", files="limited.yml"
    ),
    "a recording rule over its limit": case(
        f"{PAIR}promql_expr_test: [{{expr: r, eval_time: 0, exp_samples: []}}]", files="limited_records.yml"
    ),
    "a rule whose alerts have equal labels": case(f"{PAIR}alert_rule_test: [{{alertname: Twin}}]", files="twins.yml"),
    "a rule that errs": case(
        f"{PAIR}promql_expr_test: [{{expr: '1', eval_time: 0, exp_samples: [{{labels: '{{}}', value: 1}}]}}]",
        files="erring.yml",
    ),
    "a rule that errs only later": asks('x{i="1"} 1x9', "1", "1m", "{} 1", files="erring.yml"),
    "a rule that writes what was loaded": case(
        "input_series: [{series: x, values: '1x9'}, {series: y, values: '2x9'}]\n"
        "promql_expr_test: [{expr: x, eval_time: 1m, exp_samples: [{labels: x, value: 1}]}]",
        files="clash.yml",
    ),
    "a rule that writes what was loaded and equal": case(
        "input_series: [{series: x, values: '1x9'}, {series: y, values: '1x9'}]\n"
        "promql_expr_test: [{expr: x, eval_time: 1m, exp_samples: [{labels: x, value: 1}]}]",
        files="clash.yml",
    ),
    "a rule that writes where nothing was loaded": case(
        "input_series: [{series: x, values: '_ 1 _ 1'}, {series: y, values: '1x9'}]\n"
        "promql_expr_test: [{expr: x, eval_time: 4m, exp_samples: [{labels: x, value: 1}]}]",
        files="clash.yml",
    ),
    "a rule that stops where series were loaded": case(
        "input_series: [{series: x, values: '_x3 7x3'}, {series: y, values: '1 1 stale'}]\n"
        "promql_expr_test: [{expr: x, eval_time: 4m, exp_samples: [{labels: x, value: 7}]}]",
        files="clash.yml",
    ),
    "two rules that write one series": asks("x 1x5", "r", "1m", "r 1", files="two_writers.yml"),
    "two rules that write one series, equal": asks("x 1x5", "r", "1m", "r 1", files="equal_writers.yml"),
    "two rules that write one series, 0": asks("x 0x5", "r", "1m", "r 0", files="two_writers.yml"),
    "two rules that write one series, NaN": asks("x NaN NaN", "absent(r)", "1m", files="two_writers.yml"),
    "a subquery's step is the evaluation interval": asks(
        "x 1x20", "count_over_time(x[10m:])", "20m", "{} 6", head="evaluation_interval: 2m\n"
    ),
    "a subquery's step is the evaluation interval in rules": asks(
        "x 1x20", "r", "20m", "r 3", files="steps.yml", head="evaluation_interval: 5m\n"
    ),
    "samples after the last evaluation": asks("x 1 2 3 4 5 6", "x", "4m", "x 5", head="evaluation_interval: 3m\n"),
    "samples at the last evaluation": asks("x 1 2 3 4 5 6", "x", "4m", "x 4", head="evaluation_interval: 3m\n"),
    "evaluations more often than samples": asks(
        "x 1 2 3", "r", "2m", "r 25", files="steps.yml", head="evaluation_interval: 5s\n"
    ),
    "rules evaluated seldom": fires(f"{UP} 0x9", "Down", "5m", files="up.yml", head="evaluation_interval: 5m\n"),
    "rules evaluated seldom, long enough": fires(
        f"{UP} 0x9", "Down", "5m", DOWN, files="up.yml", head="evaluation_interval: 5m\n"
    ),
    "what alerts are told": case(
        "external_labels: {site: here}\nexternal_url: http://medic:1\n"
        "input_series: [{series: x, values: '2'}, {series: 'y{i=\"1\"}', values: '5'}]\n"
        "alert_rule_test:\n- alertname: Told\n  exp_alerts:\n  - exp_labels: {site: here}\n"
        "    exp_annotations: {url: 'http://medic:1/x', others: '1=5;', missing: ''}",
        files="told.yml",
    ),
    "external labels are not among the labels": asks("x 1", "x", "0", 'x{site="here"} 1').replace(
        "interval: 1m", "interval: 1m\n  external_labels: {site: here}"
    ),
    "an answer in another order": case(
        f"{PAIR}promql_expr_test: [{{expr: x, exp_samples: "
        "[{labels: 'x{i=\"2\"}', value: 2}, {labels: 'x{i=\"1\"}', value: 1}]}]"
    ),
    "an answer with one sample too few": case(
        f"{PAIR}promql_expr_test: [{{expr: x, exp_samples: [{{labels: 'x{{i=\"2\"}}', value: 2}}]}}]"
    ),
    "an answer with one sample twice": case(
        f"{ONE}promql_expr_test: [{{expr: x, exp_samples: [{{labels: x, value: 1}}, {{labels: x, value: 1}}]}}]"
    ),
    "an answer of nothing": asks("x 1", "y", "0"),
    "an answer of nothing, by null": asks("x 1", "y", "0").replace("exp_samples: []", "exp_samples:"),
    "an answer without exp_samples": case("promql_expr_test: [{expr: y}]"),
    "an answer without exp_samples where there is one": case("promql_expr_test: [{expr: '1'}]"),
    "a number that differs a little": asks("x 0.1", "x + 0.2", "0", "{} 0.3"),
    "a number that differs not at all": asks("x 0.1", "x + 0.2", "0", "{} 0.30000000000000004"),
    "minus zero": asks("x 0", "x * -1", "0", "{} 0"),
    "a range vector": asks("x 1", "x[5m]", "0"),
    "a selector that only leaves out what is empty": asks("x 1", 'count({__name__!=""})', "0", "{} 1"),
    "a string": asks("x 1", '"hello"', "0"),
    "a broken question": asks("x 1", "sum(", "0"),
    "an empty question": asks("x 1", "", "0"),
    "a question that errs": case(f"{PAIR}promql_expr_test: [{{expr: 'x * on () x'}}]"),
    "an @ modifier": asks("x 1+1x9", "x @ 60", "5m", "x 2"),
    "@ start()": asks("x 1+1x9", "x @ start()", "5m", "x 6"),
    "a negative offset": asks("x 1+1x9", "x offset -2m", "5m", "x 6", head="evaluation_interval: 1m\n"),
    "a window with both ends": asks("x 1+1x9", "count_over_time(x[2m])", "5m", "{} 3"),
    "a window with one end": asks("x 1+1x9", "count_over_time(x[2m])", "5m", "{} 2"),
    "time()": asks("x 1", "time()", "1h", "{} 3600"),
    "two tests do not see each other": (
        "tests:\n- {interval: 1m, input_series: [{series: x, values: '1x9'}]}\n"
        "- interval: 1m\n  promql_expr_test: [{expr: x, eval_time: 1m}]\n"
    ),
    "the second of two tests fails": (
        "tests:\n- {interval: 1m}\n- {interval: 1m, promql_expr_test: [{expr: '1', eval_time: 1m}]}\n"
    ),
    "samples every 15 seconds": asks("x 0+1x40", "rate(x[1m])", "5m", "{} 0.06666666666666667").replace(
        "interval: 1m", "interval: 15s"
    ),
    "many samples": asks("x 0+1x2000", "sum_over_time(x[33h])", "33h", "{} 1961190"),
    "an experimental function": asks("x 1x9", "mad_over_time(x[5m])", "5m", "{} 0"),
    "a function of later Prometheus": asks("x 1x9", 'sort_by_label(x, "a")', "5m", "x 1"),
}

SUITES = {**FORMAT, **NOTATION, **RUNNING}

ALONE = {
    "fuzzy comparison": (asks("x 0.1", "x + 0.2", "0", "{} 0.3", head="fuzzy_compare: true\n"), True),
    "fuzzy comparison of what differs by more": (
        asks("x 0.1", "x + 0.2", "0", "{} 0.30000000000000016", head="fuzzy_compare: true\n"),
        False,
    ),
    "no fuzzy comparison": (asks("x 0.1", "x + 0.2", "0", "{} 0.3", head="fuzzy_compare: false\n"), False),
    "fuzzy comparison by a word that is no truth": (asks("x 1", "x", "0", "x 1", head="fuzzy_compare: yes\n"), False),
    "start in seconds": (
        asks("x 1 2", "timestamp(x)", "1m", "{} 1609459260").replace(
            "interval: 1m", "interval: 1m\n  start_timestamp: 1609459200"
        ),
        True,
    ),
    "start as a date": (
        asks("x 1 2", "timestamp(x)", "1m", "{} 1609459260").replace(
            "interval: 1m", "interval: 1m\n  start_timestamp: 2021-01-01T00:00:00Z"
        ),
        True,
    ),
    "start as a date of another zone": (
        asks("x 1 2", "timestamp(x)", "1m", "{} 1609459260").replace(
            "interval: 1m", "interval: 1m\n  start_timestamp: '2021-01-01T01:00:00+01:00'"
        ),
        True,
    ),
    "start as a word": (
        asks("x 1", "x", "0", "x 1").replace("interval: 1m", "interval: 1m\n  start_timestamp: today"),
        False,
    ),
    "alerts from a later start": (
        fires(f"{UP} 0x9", "Down", "2m", DOWN, files="up.yml").replace(
            "interval: 1m", "interval: 1m\n  start_timestamp: 1609459200"
        ),
        True,
    ),
    "no interval": (asks("x 1 2 3", "x", "2m", "x 3").replace("interval: 1m", "name: n"), True),
    "names in quotes": (asks('{"my.x","my.a"="b"} 1', '{"my.x"}', "0", '{"my.x","my.a"="b"} 1'), True),
    "an expected native histogram": (
        case("promql_expr_test: [{expr: x, exp_samples: [{labels: x, histogram: '{{count:1}}'}]}]"),
        False,
    ),
    "a window with one end": (asks("x 1+1x9", "count_over_time(x[2m])", "5m", "{} 2"), True),
}
"""Files with whether Prometheus 3 finds them right; by Prometheus 2 they are refused, or fail."""
