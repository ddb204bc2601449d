"""A bug in one rule harms no other rule."""

from dataclasses import replace

import pytest

from medic.core.alerts import AlertState
from rules.files import parse
from tests.rules.host import Host, group, states


class Buggy:
    """A query with a bug: it answers as it should, until it raises what no query should."""

    def __init__(self, query):
        self.query, self.bug = query, None

    def __getattr__(self, name):
        return getattr(self.query, name)

    def samples(self, frame):
        if self.bug is not None:
            raise self.bug
        return self.query.samples(frame)


def buggy_host(*rules):
    """A host whose first rule's query can be made to raise."""
    host = Host(group(*rules))
    [whole] = parse(group(*rules))
    first, *others = whole.rules
    query = Buggy(first.query)
    host.engine.replace([replace(whole, rules=(replace(first, query=query), *others))])
    return host, query


@pytest.mark.parametrize(
    "bug", [TypeError("no number"), KeyError("x"), AttributeError(), RuntimeError("odd")], ids=repr
)
def test_a_bug_in_one_rule_freezes_its_alerts_is_counted_and_ends_no_other_rule(bug, caplog):
    host, query = buggy_host("{alert: A, expr: x > 1}", "{record: 'r:x', expr: x * 2}", "{alert: B, expr: y > 1}")
    assert states(host.tick(x=2, y=0)) == {"A": "firing"}
    query.bug = bug
    for value in (3, 4):
        a, b = host.tick(x=value, y=2)
        assert (a.state, a.frozen) == (AlertState.FIRING, f"the rule errs: {type(bug).__name__}: {bug}")
        assert (b.name, b.state, b.frozen) == ("B", AlertState.FIRING, "")
        assert list(host.value("r:x").values()) == [2 * value]
    [status] = host.engine.groups()
    assert (status.failures, [rule.health for rule in status.rules]) == (2, ["err", "ok", "ok"])
    [record] = caplog.records
    assert (record.rule, record.exc_info[1]) == ("A", bug)
    query.bug = None
    a, b = host.tick(x=0, y=2)
    assert (a.state, b.frozen) == (AlertState.INACTIVE, "")
    assert host.engine.groups()[0].rules[0].health == "ok"


def test_a_bug_in_a_recording_rule_freezes_the_alerts_that_read_it():
    host, query = buggy_host("{record: 'r:x', expr: x * 2}", "{alert: A, expr: 'r:x > 1'}")
    host.tick(x=2)
    query.bug = TypeError("no number")
    [alert] = host.tick(x=2)
    assert (alert.state, alert.frozen) == (AlertState.FIRING, "the rule r:x errs, which it reads")


def test_the_trace_of_a_bug_is_told_once_also_when_it_comes_and_goes(caplog):
    host, query = buggy_host("{alert: A, expr: x > 1}")
    for bug in (TypeError("one"), None, TypeError("two")):
        query.bug = bug
        host.tick(x=2)
    assert [str(record.exc_info[1]) for record in caplog.records] == ["one"]
    query.bug = KeyError("three")
    host.tick(x=2)
    assert len(caplog.records) == 2
