"""The real promtool as the oracle of what templates print: its text for each, or that it refuses them."""

import json
import re

from rules.promql.literals import unquote
from rules.templates import Facts, Row, TemplateError, compile_template
from tests.rules import promtool

LABELS = {"__name__": "x", "instance": "db-1.example.com:9100", "job": "a", "n": "1536"}
VALUE = 1234567.0
ROWS = {
    "x": [Row(LABELS, VALUE)],
    "y": [Row({"__name__": "y", "k": key}, value) for key, value in (("a", 0.5), ("b", 2.0))],
}
SITE = {"external_labels": {"site": "here"}, "external_url": "http://medic:1/p"}
SERIES = [
    {"series": 'x{instance="db-1.example.com:9100",job="a",n="1536"}', "values": "1234567x5"},
    {"series": 'y{k="b"}', "values": "2x5"},
    {"series": 'y{k="a"}', "values": "0.5x5"},
]
FAILED = "<error expanding template: "


def facts():
    """Return what promtool's alert knows, a minute after 1970 began."""
    ask = lambda text: [Row(*row) for row in ROWS.get(text, ())]  # noqa: E731 - one expression, used once
    return Facts(LABELS, VALUE, SITE["external_labels"], SITE["external_url"], ask, 60_000)


def ours(template):
    """Return what our own reading prints; None for what it refuses at load, the mark alone for what fails."""
    try:
        return marked(compile_template(template).expand(facts()))
    except TemplateError:
        return None


def marked(text):
    """Leave out the words of a failure, which are ours; so is it to refuse the printing of addresses."""
    return FAILED if text.startswith(FAILED) or re.search(r"0xc0[0-9a-f]{8}\b", text) else text


def rule(annotations):
    alert = {"alert": "A", "expr": "x > 0", "annotations": annotations}
    return json.dumps({"groups": [{"name": "g", "rules": [alert]}]}, ensure_ascii=False)


def theirs(folder, templates):
    """Return what promtool prints for each template, in the form of ``ours``."""
    for number, text in enumerate(templates):
        (folder / f"t{number}.yml").write_text(rule({"t": text}))
    taken = promtool.taken(folder)
    good = {f"t{number}": text for number, text in enumerate(templates) if f"t{number}.yml" in taken}
    (folder / "all.rules").write_text(rule(good))
    check = {"eval_time": "1m", "alertname": "A", "exp_alerts": []}
    test = {"interval": "1m", "input_series": SERIES, "alert_rule_test": [check], **SITE}
    (folder / "all.test").write_text(json.dumps({"rule_files": ["all.rules"], "tests": [test]}))
    told = promtool.tested(["all.test"], cwd=folder)["all.test"]
    found = dict(re.findall(r'(t\d+)=("(?:[^"\\]|\\.)*")', told.partition("got:")[2]))
    assert found.keys() == good.keys()
    said = {int(name[1:]): unquote(text).encode("utf-8", "surrogateescape") for name, text in found.items()}
    return [
        marked(said[number].decode("utf-8", "replace")) if number in said else None for number in range(len(templates))
    ]


def differing(folder, templates):
    """Return the templates that promtool expands in another way, with both texts."""
    pairs = zip(templates, map(ours, templates), theirs(folder, templates), strict=True)
    return [pair for pair in pairs if pair[1] != pair[2]]
