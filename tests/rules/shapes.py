"""More shapes of rule files, good and bad by `promtool check rules` as it is by default: repeated rules are bad."""

from tests.rules.corpus import alert, one, record


def expr(text):
    """Write a file with one alert of the given expression."""
    return one("- alert: A", f"  expr: '{text}'")


TWICE_IN_TWO_GROUPS = (
    "groups:\n- {name: a, rules: [{record: 'x:y', expr: up}]}\n- {name: b, rules: [{record: 'x:y', expr: sum(up)}]}\n"
)

GOOD = {
    "every operator": expr("-up ^ 2 * 3 / 4 % 5 + 6 - up atan2 up >= bool 1"),
    "set operators": expr("up and on (a) up or ignoring (b) up unless up"),
    "many to one": expr("up * on (a) group_left (b, c) down"),
    "one to many": expr("up * ignoring (a) group_right down"),
    "aggregations with parameters": expr('topk(3, up) or quantile(0.9, up) or count_values("v", up)'),
    "aggregation with its labels behind": expr("sum(up) by (a, b) > 1"),
    "aggregation without labels": expr("sum without () (up)"),
    "group": expr("group by (a) (up)"),
    "subquery": expr("max_over_time(rate(x[5m])[1h:1m] offset 5m) > 1"),
    "subquery without a step": expr("max_over_time(up[1h:]) > 1"),
    "negative offset": expr("up offset -5m"),
    "at a time": expr("up @ 1609746000"),
    "at a negative time": expr("up @ -1"),
    "at the start and the end": expr("up @ start() + up @ end()"),
    "keywords as labels": expr('sum by (on, bool, offset) (up{by="a", without="b"})'),
    "keyword within a metric": expr("avg_x + by_y + offset_z"),
    "numbers of all kinds": expr("up > 0x1F or up < 1e-3 or up == .5 or up != Inf or up > NaN"),
    "strings of all kinds": one("- alert: A", "  expr: |-", "    up{a=\"x\\n\", b='y', c=`z\\`}"),
    "comment in an expression": one("- alert: A", "  expr: |", "    up # is it", "    == 0"),
    "trailing comma in a selector": expr('up{a="b",}'),
    "only a negative matcher beside a name": expr('up{a!="b"}'),
    "the name as a label": expr('{__name__="up"}'),
    "a name by a pattern": expr('{__name__=~"node_.+"}'),
    "every time function": expr("day_of_month() + month(up) + days_in_month() + hour() + minute() + year(up)"),
    "histogram quantile": expr("histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m])))"),
    "label functions": expr('label_replace(label_join(up, "a", "-", "b"), "c", "$1", "a", "(.*)")'),
    "trigonometry": expr("sin(up) + deg(acos(up)) + pi()"),
    "absent over time": expr('absent_over_time(up{a="b"}[5m])'),
    "scalar of a vector": expr("up > scalar(sum(up))"),
    "clamp": expr("clamp(up, 0, 1) + clamp_min(up, 0)"),
    "predict": expr("predict_linear(x[1h], 3600) < 0"),
    "double unary": expr("--up"),
    "deeply nested": expr("(" * 40 + "up" + ")" * 40),
    "duration of many units": expr("rate(x[1h30m5s])"),
    "empty pattern": expr('up{a=~""}'),
    "pattern with classes": expr('up{a=~"[[:alpha:]]+\\\\d"}'),
    "non-ASCII value": expr('up{a="ä"}'),
    "template of a query": alert("annotations: {a: '{{ query \"up\" | first | value }}'}"),
    "template with every humanize": alert(
        "annotations: {a: '{{ humanize $value }}{{ humanize1024 $value }}{{ humanizeDuration $value }}"
        "{{ humanizePercentage $value }}{{ humanizeTimestamp $value }}'}"
    ),
    "template with external labels": alert("annotations: {a: '{{ $externalLabels.region }}{{ externalURL }}'}"),
    "template with printf": alert("annotations: {a: '{{ printf \"%.2f %s %q\" $value $labels.a $labels.b }}'}"),
    "template with nested range": alert(
        "annotations: {a: '{{ range query \"up\" }}{{ with .Labels }}{{ .job }}{{ end }}{{ end }}'}"
    ),
    "template with and, or, not": alert("annotations: {a: '{{ if and (not false) (or true false) }}x{{ end }}'}"),
    "template with trimming": alert("annotations: {a: 'x {{- $value -}} y'}"),
    "braces that are no template": alert("annotations: {a: '} } { {'}"),
    "keep_firing_for alone": alert("keep_firing_for: 10m"),
    "limit 0": "groups:\n- {name: g, limit: 0, rules: []}\n",
    "negative limit": "groups:\n- {name: g, limit: -1, rules: []}\n",
    "interval 0": "groups:\n- {name: g, interval: 0s, rules: []}\n",
    "same alert with other labels": one("- {alert: A, expr: up, labels: {a: b}}", "- {alert: A, expr: up}"),
    "same name in an alert and with a label in a record": one(
        "- {alert: A, expr: up}", "- {record: A, expr: up, labels: {a: b}}"
    ),
    "long names": one(f"- {{record: '{'a' * 1000}', expr: up}}"),
    "non-ASCII group and alert": "groups:\n- {name: größe, rules: [{alert: Größe zählt, expr: up}]}\n",
    "flow style": '{"groups": [{"name": "g", "rules": [{"alert": "A", "expr": "up"}]}]}',
    "explicit document": f"---\n{alert()}...\n",
    "tagged string": one("- alert: A", "  expr: !!str up"),
    "null rule": one("-"),
    "range as the result": expr("up[5m]"),
    "string as the result": expr('"x"'),
    "keyword as a metric": expr("up + by"),
    "a defined template": alert('annotations: {a: \'{{ define "x" }}y{{ end }}{{ template "x" }}\'}'),
    "a template that is called and not there": alert("annotations: {a: '{{ template \"x\" }}'}"),
    "a block": alert("annotations: {a: '{{ block \"x\" . }}y{{ end }}'}"),
    "template with links": alert('annotations: {a: \'{{ graphLink "up" }}{{ tableLink "up" }}{{ pathPrefix }}\'}'),
    "template with times": alert("annotations: {a: '{{ ($value | toTime).Format \"15:04\" }}'}"),
    "template with arguments": alert("annotations: {a: '{{ with args 1 2 }}{{ .arg0 }}{{ end }}'}"),
    "template that leaves a loop": alert("annotations: {a: '{{ range query \"up\" }}{{ break }}{{ end }}'}"),
    "template with an assignment to nothing": alert("annotations: {a: '{{ $x = 1 }}'}"),
    "top level null key": "groups: []\n~: 1\n",
    "null group": "groups:\n-\n",
    "null label name": alert("labels: {~: b}"),
}

BAD = {
    "rule twice in a line": "groups:\n- {name: a, rules: [{alert: A, expr: up}, {alert: A, expr: up}]}\n",
    "rule twice in two groups": TWICE_IN_TWO_GROUPS,
    "rule twice by an anchor": one("- &r {record: 'x:y', expr: up}", "- *r"),
    "alert and record of one name": one("- {alert: A, expr: up}", "- {record: A, expr: up}"),
    "rule twice with labels in another order": one(
        "- {alert: A, expr: up, labels: {a: b, c: d}}", "- {alert: A, expr: up, labels: {c: d, a: b}}"
    ),
    "rules is a mapping": "groups:\n- {name: g, rules: {alert: A, expr: up}}\n",
    "rule is text": one("- up"),
    "group is text": "groups:\n- g\n",
    "unknown function with arguments": expr("nope(up, 1)"),
    "too few arguments": expr("clamp(up, 0)"),
    "too many arguments": expr("abs(up, up)"),
    "range where an instant is wanted": expr("abs(up[5m])"),
    "comparison of scalars without bool": expr("1 > 2"),
    "bool on arithmetic": expr("up + bool 1"),
    "set operator with a scalar": expr("up and 1"),
    "grouping of a set operator": expr("up and on (a) group_left up"),
    "label in on and in group_left": expr("up * on (a) group_left (a) down"),
    "empty selector": expr("{}"),
    "selector that matches all": expr('{a=~".*"}'),
    "selector with the name twice": expr('up{__name__="up"}'),
    "broken pattern": expr('up{a=~"("}'),
    "look-ahead in a pattern": expr('up{a=~"(?=x)"}'),
    "back-reference in a pattern": expr('up{a=~"(a)\\\\1"}'),
    "offset of a number": expr("1 offset 5m"),
    "offset twice": expr("up offset 5m offset 5m"),
    "at of an expression": expr("(up + up) @ 1"),
    "range of a range": expr("rate(x[5m][5m])"),
    "range of an expression": expr("rate((x + y)[5m])"),
    "zero range": expr("rate(x[0s])"),
    "unclosed brace": expr('up{a="b"'),
    "unclosed string": expr('up{a="b}'),
    "unclosed bracket": expr("rate(x[5m)"),
    "two expressions": expr("up down"),
    "label name with a dash in a selector": expr('up{a-b="c"}'),
    "aggregation without its parameter": expr("topk(up)"),
    "aggregation with a number for a label": expr("count_values(1, up)"),
    "label_replace with one argument": expr("label_replace(up)"),
    "template with an unknown field of a variable block": alert("annotations: {a: '{{ with }}x{{ end }}'}"),
    "template with an unknown keyword": alert("annotations: {a: '{{ wihle true }}x{{ end }}'}"),
    "template that does not close a comment": alert("annotations: {a: '{{/* x }}'}"),
    "template with else twice": alert("annotations: {a: '{{ if true }}a{{ else }}b{{ else }}c{{ end }}'}"),
    "template with a break outside of a loop": alert("annotations: {a: '{{ break }}'}"),
    "template that defines twice": alert(
        'annotations: {a: \'{{ define "x" }}a{{ end }}{{ define "x" }}b{{ end }}{{ template "x" }}\'}'
    ),
    "template of console pages": alert("annotations: {a: '{{ tmpl \"x\" . }}'}"),
    "template with a bad number": alert("annotations: {a: '{{ 1x }}'}"),
    "interval as a number": "groups:\n- {name: g, interval: 30, rules: []}\n",
    "labels as text": alert("labels: a"),
    "empty label name": alert("labels: {'': b}"),
    "record name with a dash": one("- {record: 'a-b', expr: up}"),
    "record name that begins with a digit": one("- {record: '1a', expr: up}"),
    "labels of a record with a bad name": record("labels: {'a b': c}"),
    "duration with months": alert("for: 1M"),
    "duration in words": alert("for: five minutes"),
    "null label name twice": alert("labels: {~: b, ~: c}"),
    "empty rule": one("- ''"),
    "bad indentation": "groups:\n- name: g\n rules: []\n",
    "bad escape": 'groups:\n- name: "\\q"\n',
    "control character": "groups:\n- name: a\x01b\n",
}

STRICTER = {
    "a native histogram's function": expr("histogram_count(x) > 1"),
    "a native histogram's average": expr("histogram_sum(x) / histogram_count(x)"),
}
"""What Prometheus 2.42 takes and Medic refuses by name: native histograms."""

NEWER = {
    "a query offset": "groups:\n- {name: g, query_offset: 1m, rules: []}\n",
    "labels of a group": "groups:\n- {name: g, labels: {a: b}, rules: []}\n",
    "a number of seconds as a range": expr("rate(x[300])"),
    "a number of seconds as an offset": expr("up offset 300"),
}
"""What Medic takes and only Prometheus after 2.42 does."""
