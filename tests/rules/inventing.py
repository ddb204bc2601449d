"""Random rules over random series, as rule files and unit tests have them; chosen by a ``random.Random``."""

import re
from dataclasses import dataclass
from random import Random

LENGTH = 20
JOBS, INSTANCES = "ab", "12"
EXPRESSIONS = (
    "x > 1",
    "x > 1 or y > 2",
    "x",
    "x == bool 2",
    "-x < -2",
    "x offset 2m > 2",
    "x * on (job) group_left (team) info",
    "sum by (job) (x) > 3",
    "sum without (inst) (x)",
    "max by (inst) (x) - min by (inst) (x) > 1",
    "count(x > 2) > 1",
    "count_values('v', x) > 1",
    "quantile(0.5, x) > 1",
    "rate(c[3m]) > 0.1",
    "increase(c[4m]) > 20 and on (job, inst) y >= 1",
    "resets(c[5m]) > 0",
    "irate(c[5m]) > 0.2",
    "delta(x[4m]) > 0",
    "changes(x[6m]) > 2",
    "max_over_time(x[5m]) > 3",
    "avg by (job, inst) (x) > 1.57",
    "stddev by (job, inst) (f) == 0",
    "f > 1",
    "sum by (job, inst) (f) * 3 > f",
    "sum_over_time(f[5m]) > 4",
    "stdvar_over_time(f[6m]) > 0.01",
    "stddev_over_time(f[5m:1m]) >= 0",
    "deriv(f[5m]) < 0",
    "predict_linear(f[6m], 600) > 1",
    "quantile_over_time(0.3, f[7m]) > 0.7",
    "quantile(0.9, f) > 1",
    "count_values by (job) ('v', f)",
    "count_values('v', sum_over_time(f[3m]))",
    "rate(c[5m]) * f > 0",
    "count_over_time(x[5m]) < 5",
    "last_over_time(x[3m]) > 2",
    "present_over_time(x[2m]) unless x",
    "deriv(x[5m]) > 0.01",
    "predict_linear(x[5m], 120) > 4",
    "sum_over_time(x[5m:1m]) > 6",
    "max_over_time((x - y)[5m:2m]) > 2",
    "x > 1 unless on (job, inst) y == 0",
    "x and on (job) y > 1",
    "absent(x{job='a'})",
    "absent_over_time(x{job='b',inst='1'}[3m])",
    "vector(1)",
    "scalar(sum(x)) > bool 4",
    "label_replace(x, 'of', 'z$1', 'inst', '(.)')",
    "label_replace(x, 'inst', '', 'job', '.*') > 3",
    "r0 > 2",
    "r1 or r2",
    "count by (alertstate, job) (ALERTS)",
    "count(ALERTS{alertstate='firing'}) > 2",
    "label_replace(sum by (alertname) (ALERTS), 'of', '$1', 'alertname', '(.*)')",
    "time() - ALERTS_FOR_STATE{alertname='A0'} >= 120",
    "ALERTS{alertname='A1', alertstate='pending'}",
)
RECORDED = (
    "x * 2",
    "x / (y + 1)",
    "sum by (job) (x)",
    "max(x)",
    "count(x > 1)",
    "rate(c[3m])",
    "absent(y)",
    "time()",
    "r0 + 1",
    "r1 * 2",
    "sum(ALERTS) by (alertstate)",
    "ALERTS_FOR_STATE",
    "x",
    "f / 3",
    "sum_over_time(f[4m])",
)
CLASSIC = (
    "avg_over_time(f[5m]) > 1",
    "avg_over_time(x[4m]) > 1.57",
    "avg_over_time(c[4m]) > 30",
    "avg by (job) (x) > 1.57",
    "avg_over_time(f[6m:90s]) > 0.5",
    "f atan2 0 > 0.5",
    "x atan2 (y * 0)",
    "stddev(x > 3)",
    "count_values('v', avg_over_time(f[4m]))",
    "x > on (job) info",
)
"""What Prometheus 3 does in another way: rounded averages, and what it mended."""
LABELS = (
    {"severity": "page"},
    {"level": "{{ if gt $value 2.0 }}high{{ else }}low{{ end }}"},
    {"alertname": "other", "team": ""},
    {"job": "fixed"},
    {"shown": "{{ $value }}"},
    {"of": "{{ .Labels.inst }}-{{ $labels.nope }}"},
    {"site": "{{ $externalLabels.site }}"},
)
ANNOTATIONS = (
    "{{ $value }}",
    "{{ $value | humanize }} {{ $value | humanizeDuration }} {{ humanizePercentage $value }}",
    '{{ printf "%.2f %s|%5.1f|%v" $value .Labels.job $value $labels.inst }}',
    '{{ with query "sum(x)" }}{{ . | first | value }}{{ end }}',
    '{{ range query "y{job=\'a\'}" | sortByLabel "inst" }}{{ .Labels.inst }}={{ .Value }};{{ end }}',
    '{{ title .Labels.job }} {{ toUpper "a" }} {{ reReplaceAll "(.)" "<$1>" .Labels.inst }}',
    '{{ if eq .Labels.job "a" }}A{{ else if eq .Labels.job "b" }}B{{ else }}none{{ end }}',
    "{{ $labels }} on {{ $externalURL }}",
    "{{ $x := .Labels.job }}{{ if and $x (gt $value 1.0) }}{{ $x }}{{ end }}",
    "{{ humanize1024 $value }} {{ humanizeTimestamp $value }}",
)
HOLDS = ("0s", "0s", "1m", "90s", "2m", "5m")


@dataclass(frozen=True)
class Invention:
    """Groups of rules in their order, and the series that they read, with a value each minute."""

    groups: list[dict]
    inputs: list[dict]

    @property
    def recorded(self) -> list[str]:
        """The names of what is recorded."""
        return sorted({rule["record"] for group in self.groups for rule in group["rules"] if "record" in rule})


def invent(chance: Random, *, off_edges: bool) -> Invention:
    """Make up a case; *off_edges* keeps to what Prometheus 3 did not change.

    That is: no sample at the end of a window, and no counter so near to its beginning that its zero counts. Prometheus
    sums the elements of a group in a random order here: the sums are of numbers that no order rounds.
    """
    groups = [_group(chance, number, off_edges=off_edges) for number in range(chance.randint(1, 3))]
    return Invention(groups, _inputs(chance, resets=not off_edges))


def _group(chance: Random, number: int, *, off_edges: bool) -> dict:
    records = [_record(chance, number, index, off_edges=off_edges) for index in range(chance.randint(0, 2))]
    alerts = [_alert(chance, number, index, off_edges=off_edges) for index in range(chance.randint(1, 3))]
    rules = records + alerts
    chance.shuffle(rules)
    limit = {"limit": chance.randint(2, 6)} if chance.random() < 0.1 else {}
    return {"name": f"g{number}", **limit, "rules": rules}


def _record(chance: Random, group: int, index: int, *, off_edges: bool) -> dict:
    labels = {"labels": {"by": "r"}} if chance.random() < 0.3 else {}
    name = f"r{_number(chance, group, index)}"
    return {"record": name, "expr": _windowed(chance.choice(RECORDED), off_edges=off_edges), **labels}


def _alert(chance: Random, group: int, index: int, *, off_edges: bool) -> dict:
    labels = {
        name: text for each in chance.sample(LABELS, chance.choice((0, 0, 0, 1, 1, 2))) for name, text in each.items()
    }
    texts = chance.sample(ANNOTATIONS, chance.randint(0, 2))
    return {
        "alert": f"A{_number(chance, group, index)}",
        "expr": _windowed(chance.choice(EXPRESSIONS if off_edges else EXPRESSIONS + CLASSIC), off_edges=off_edges),
        "for": chance.choice(HOLDS),
        "keep_firing_for": chance.choice(HOLDS),
        "labels": labels,
        "annotations": {f"a{place}": text for place, text in enumerate(texts)},
    }


def _number(chance: Random, group: int, index: int) -> int:
    """Number a rule; now and then it has the name of one in another group."""
    return index if chance.random() < 0.05 else 3 * group + index


def _windowed(expression: str, *, off_edges: bool) -> str:
    return re.sub(r"\[(\d+)m", r"[\1m30s", expression) if off_edges else expression


def _inputs(chance: Random, *, resets: bool) -> list[dict]:
    places = [f'job="{job}",inst="{instance}"' for job in JOBS for instance in INSTANCES]
    chosen = chance.sample(places, 3)
    walks = [{"series": f"{name}{{{place}}}", "values": _gauge(chance)} for name in "xy" for place in chosen]
    counters = [{"series": f"c{{{place}}}", "values": _counter(chance, resets=resets)} for place in chosen]
    told = [{"series": f'info{{job="{job}",team="t{job}"}}', "values": f"1x{LENGTH}"} for job in JOBS]
    return walks + counters + told + [{"series": f"f{{{place}}}", "values": _fractions(chance)} for place in chosen]


def _gauge(chance: Random) -> str:
    """Write a walk with gaps; a gap begins with the stale mark that a vanished series has in Prometheus."""
    gaps = chance.choice((0.0, 0.05, 0.3))
    numbers = (0, 0, 1, 2, 3, 4, 2.5, 0.25, -1)
    return _with_gaps([str(chance.choice(numbers)) for _ in range(LENGTH)], chance, gaps)


def _fractions(chance: Random) -> str:
    """Write numbers that no sum keeps exactly."""
    return _with_gaps(
        [repr(chance.choice((0.1, 0.7, 1.3, 1 / 3, round(chance.uniform(-3, 9), 3)))) for _ in range(LENGTH)],
        chance,
        chance.choice((0.0, 0.2)),
    )


def _counter(chance: Random, *, resets: bool) -> str:
    value, words = chance.randint(0, 50) if resets else 10_000, []
    for _ in range(LENGTH):
        value = chance.randint(0, 9) if resets and chance.random() < 0.1 else value + chance.choice((0, 1, 7, 30))
        words.append(str(value))
    return _with_gaps(words, chance, 0.05)


def _with_gaps(words: list[str], chance: Random, gaps: float) -> str:
    there, found = True, []
    for word in words:
        was, there = there, chance.random() >= gaps
        found.append(word if there else "stale" if was else "_")
    return " ".join(found)
