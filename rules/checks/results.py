"""Expressions whose result no rule can use."""

from collections.abc import Iterator

from rules.checks.remark import Doubt, Remark, at
from rules.groups import Group, Rule
from rules.promql.nodes import Kind

_INSTEAD = {
    Kind.MATRIX: "fold it with a function such as rate() or max_over_time()",
    Kind.TEXT: "write a vector or a number",
}


def wrong_results(group: Group, rule: Rule) -> Iterator[Remark]:
    """Warn of a range vector or a string: Prometheus loads such a rule, and each of its evaluations fails."""
    if rule.query.kind in _INSTEAD:
        text = f"the expression is a {rule.query.kind}, with which every evaluation fails: {_INSTEAD[rule.query.kind]}"
        yield at(group, rule, Doubt.WRONG_RESULT, text)
