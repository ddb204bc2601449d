"""Rule files that Prometheus takes, and such that it refuses; the real promtool says so in a test."""


def alert(*lines):
    """Write a file with one alert that has the given further lines."""
    return one("- alert: A", "  expr: up == 0", *(f"  {line}" for line in lines))


def record(*lines):
    """Write a file with one recording rule that has the given further lines."""
    return one("- record: a:b", "  expr: sum(up)", *(f"  {line}" for line in lines))


def one(*lines):
    """Write a file with one group of the given rules."""
    return "\n".join(["groups:", "- name: g", "  rules:", *(f"  {line}" for line in lines), ""])


GOOD = {
    "empty": "",
    "only a comment": "# nothing\n",
    "no groups": "groups:\n",
    "empty list": "groups: []\n",
    "group without rules": "groups:\n- name: g\n",
    "null rules": "groups:\n- name: g\n  rules:\n",
    "alert": alert(),
    "record": record(),
    "all of an alert": alert(
        "for: 1h30m", "keep_firing_for: 5m", "labels: {a: b, c: '{{ $value }}'}", "annotations: {s: '{{ $labels.x }}'}"
    ),
    "interval and limit": "groups:\n- {name: g, interval: 30s, limit: 3, rules: []}\n",
    "limit as a float": "groups:\n- {name: g, limit: 3.7, rules: []}\n",
    "limit in hex": "groups:\n- {name: g, limit: 0x10, rules: []}\n",
    "null duration": alert("for:"),
    "zero duration": alert("for: 0"),
    "week": alert("for: 1w"),
    "label values that YAML 1.1 would change": alert("labels: {a: on, b: off, c: 12:30, d: 010, e: 1.0, f: yes}"),
    "null label": alert("labels: {a: }"),
    "numbers as names": one("- alert: 5", "  expr: 1"),
    "alert with spaces": one("- alert: It is down", "  expr: up == 0"),
    "the same rule twice": one("- {alert: A, expr: up}", "- {alert: A, expr: up}"),
    "two documents": f"{alert()}---\nnonsense: true\n",
    "anchors": "groups:\n- name: g\n  rules:\n  - {alert: A, expr: &e up, labels: &l {a: b}}\n"
    "  - {alert: B, expr: *e, labels: *l}\n",
    "merge keys": "groups:\n- name: g\n  rules:\n  - &r {alert: A, expr: up}\n  - {<<: *r, alert: B}\n",
    "block scalar": one("- alert: A", "  expr: |", "    up", "      == 0"),
    "folded scalar": one("- alert: A", "  expr: >-", "    up", "    == 0"),
    "recording rule with zero for": record("for: 0s"),
    "record with colons": one("- {record: 'job:x:y', expr: up}"),
    "unknown label in a template": alert("labels: {a: '{{ .Labels.nope }}'}"),
    "unknown field in a template": alert("labels: {a: '{{ .Nope }}'}"),
    "template of a recording rule is text": record("labels: {a: '{{ nonsense'}"),
    "nil in a template": alert("labels: {a: '{{ nil }}'}"),
    "blocks in a template": alert(
        "annotations: {a: '{{ if gt $value 1.0 }}x{{ else if eq 1 2 }}y{{ else }}z{{ end }}'}"
    ),
    "range in a template": alert("annotations: {a: '{{ range query \"up\" }}{{ .Labels.job }}{{ end }}'}"),
    "variables in a template": alert("annotations: {a: '{{ $x := $labels.job }}{{ $x }}'}"),
    "pipe into nothing": alert("annotations: {a: '{{ $value | }}'}"),
    "comment in a template": alert("annotations: {a: '{{/* }} */}}x {{- 1 -}} y'}"),
    "metrics named as newer words": one("- {alert: A, expr: smoothed > anchored + fill}"),
    "metrics named as words": one("- {alert: A, expr: sum(sum) by (by) > offset offset 5m}"),
    "any metric with a label": one("- {alert: A, expr: '{a!=\"\"} > 0'}"),
    "repeats in repeats": one("- {alert: A, expr: 'up{a=~\"(b+)+(c|cc)*\"}'}"),
    "a letter class": one("- {alert: A, expr: 'up{a=~\"\\\\pL+\"}'}"),
    "times before 1970": one("- {alert: A, expr: up @ -1.5 offset -5m}"),
    "octal and hex": one("- {alert: A, expr: up == 017 + 0x1F}"),
    "scalar expression": one("- {alert: A, expr: '1'}"),
    "number as expression": one("- {alert: A, expr: 1}"),
    "windows line ends": alert("for: 5m").replace("\n", "\r\n"),
    "byte order mark": "\ufeff" + alert(),
    "quoted group name": "groups:\n- name: 'g: 1'\n  rules: []\n",
    "one name in two groups' rules": "groups:\n- {name: a, rules: [{alert: A, expr: up}]}\n"
    "- {name: b, rules: [{alert: A, expr: up}]}\n",
}

BAD = {
    "text": "hello\n",
    "a list": "- name: g\n",
    "unknown top key": "group: []\n",
    "groups is a mapping": "groups: {name: g}\n",
    "groups is text": "groups: g\n",
    "unknown key in a group": "groups:\n- {name: g, intervall: 5s}\n",
    "unknown key in a rule": alert("fro: 5m"),
    "no group name": "groups:\n- rules: []\n",
    "empty group name": "groups:\n- {name: '', rules: []}\n",
    "group twice": "groups:\n- {name: g, rules: []}\n- {name: g, rules: []}\n",
    "key twice": alert("for: 1m", "for: 2m"),
    "label twice": alert("labels: {a: b, a: c}"),
    "neither alert nor record": one("- expr: up"),
    "both alert and record": one("- {alert: A, record: b, expr: up}"),
    "no expression": one("- alert: A"),
    "empty expression": one("- {alert: A, expr: ''}"),
    "broken expression": one("- {alert: A, expr: 'up =='}"),
    "matchers that accept anything": one('- {alert: A, expr: \'{a=~".*", b!="c"}\'}'),
    "a range of an operator": one("- {alert: A, expr: '(up + up)[5m]'}"),
    "a comparison of numbers": one("- {alert: A, expr: 1 == 1}"),
    "two groupings": one("- {alert: A, expr: sum by (a) (up) by (b)}"),
    "look-ahead": one("- {alert: A, expr: 'up{a=~\"(?=b)\"}'}"),
    "repeats of nothing": one("- {alert: A, expr: 'up{a=~\"b**\"}'}"),
    "durations beyond Go's": one("- {alert: A, expr: 'sum_over_time(up[300y])'}"),
    "unknown function": one("- {alert: A, expr: 'nope(up)'}"),
    "wrong type": one("- {alert: A, expr: 'rate(up)'}"),
    "bare number as duration": alert("for: 300"),
    "duration with a space": alert("for: 5 m"),
    "duration in the wrong order": alert("for: 5s1m"),
    "negative duration": alert("for: -5m"),
    "fraction": alert("for: 1.5h"),
    "empty duration": alert("for: ''"),
    "sexagesimal duration": alert("for: 12:30"),
    "bad interval": "groups:\n- {name: g, interval: often}\n",
    "limit as text": "groups:\n- {name: g, limit: '5', rules: []}\n",
    "limit as a word": "groups:\n- {name: g, limit: many, rules: []}\n",
    "label name with a dash": alert("labels: {a-b: c}"),
    "the label __name__": alert("labels: {__name__: c}"),
    "annotation name with a dash": alert("annotations: {a-b: c}"),
    "record name with a space": one("- {record: 'a b', expr: up}"),
    "record name with braces": one("- {record: 'a{b=\"c\"}', expr: up}"),
    "annotations of a record": record("annotations: {a: b}"),
    "for of a record": record("for: 5m"),
    "keep_firing_for of a record": record("keep_firing_for: 5m"),
    "labels as a list": alert("labels: [a, b]"),
    "label value as a list": alert("labels: {a: [b]}"),
    "open template": alert("labels: {a: '{{ $value '}"),
    "unknown template function": alert("labels: {a: '{{ nope $value }}'}"),
    "unknown template variable": alert("annotations: {a: '{{ $nope }}'}"),
    "no end in a template": alert("annotations: {a: '{{ if true }}x'}"),
    "end too many": alert("annotations: {a: 'x{{ end }}'}"),
    "empty action": alert("annotations: {a: '{{ }}'}"),
    "arithmetic in a template": alert("annotations: {a: '{{ $value * 100 }}'}"),
    "pipe out of nothing": alert("annotations: {a: '{{ | print }}'}"),
    "pipe into a number": alert("annotations: {a: '{{ $value | 5 }}'}"),
    "open quote in a template": alert("annotations: {a: '{{ printf \"x }}'}"),
    "tab as indentation": "groups:\n\t- name: g\n",
    "open bracket": "groups: [\n",
    "unknown anchor": "groups: *g\n",
}
