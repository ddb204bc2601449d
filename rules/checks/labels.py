"""Labels that alerts lack: those that an expression takes away from its templates, and those of ``absent``."""

from collections.abc import Iterable, Iterator

from rules.checks.remark import Doubt, Remark, at
from rules.groups import AlertRule, Group, Rule
from rules.labelsets import NAME
from rules.postings import Match
from rules.promql.nodes import (
    Aggregation,
    Binary,
    Call,
    Cardinality,
    Kind,
    Negation,
    Node,
    Selector,
    String,
    Subquery,
    Window,
    kind_of,
)
from rules.promql.writing import write
from rules.templates import Template
from rules.templates import nodes as parts

_PICKING = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
"""Aggregations that give some of their elements as they are."""
_ABSENT = frozenset({"absent", "absent_over_time"})
_OF_BUCKETS = frozenset({"histogram_quantile", "histogram_fraction"})
_SETS = frozenset({"and", "unless"})
_GRADES = frozenset({"severity"})
"""Labels that say how bad an alert is, and not which."""


def lost_labels(group: Group, rule: Rule) -> Iterator[Remark]:
    """Warn of templates that read a label which no element of the expression can have."""
    if not isinstance(rule, AlertRule):
        return
    for what, template in (*rule.labels, *rule.annotations):
        for label in dict.fromkeys(read_by(template)):
            if not may_carry(rule.query.root, label):
                text = f"{what} reads the label {label}, which no result of the expression has: keep it (`by ({label})`"
                yield at(group, rule, Doubt.LOST_LABEL, f"{text}), or leave it out")


def absent_without_labels(group: Group, rule: Rule) -> Iterator[Remark]:
    """Warn of ``absent()`` whose alert has no label to tell it by."""
    if not isinstance(rule, AlertRule) or {name for name, _ in rule.labels} - _GRADES:
        return
    for call in _absences(rule.query.root):
        if not _labels_of_absent(call):
            text = f'{write(call)} gives an alert without labels: select by a label ({call.name}(x{{job="y"}})), or'
            yield at(group, rule, Doubt.ABSENT_WITHOUT_LABELS, f"{text} set one under `labels:`")


def may_carry(node: Node, label: str) -> bool:
    """Tell whether an element of the result can have *label*; of what a selector selects nothing is known."""
    match node:
        case Selector() | Window():
            return True
        case Subquery() | Negation():
            return may_carry(node.expr, label)
        case Aggregation():
            return _aggregated(node, label)
        case Binary():
            return _joined(node, label)
        case Call():
            return _called(node, label)
        case _:
            return False


def _aggregated(node: Aggregation, label: str) -> bool:
    if node.op in _PICKING:
        return may_carry(node.expr, label)
    if node.op == "count_values" and node.parameter == String(label):
        return True
    return (label in node.labels) is not node.without and may_carry(node.expr, label)


def _joined(node: Binary, label: str) -> bool:
    left, right = may_carry(node.left, label), may_carry(node.right, label)
    if Kind.SCALAR in {kind_of(node.left), kind_of(node.right)} or node.op == "or":
        return left or right
    if node.op in _SETS:
        return left
    matching = node.matching
    if matching.cardinality is Cardinality.ONE_TO_ONE:
        return left and (label in matching.labels) is matching.on
    many, one = (left, right) if matching.cardinality is Cardinality.MANY_TO_ONE else (right, left)
    return one if label in matching.include else many


def _called(node: Call, label: str) -> bool:
    if node.name in _ABSENT:
        return label in _labels_of_absent(node)
    if kind_of(node) is Kind.SCALAR or node.name == "vector" or (node.name in _OF_BUCKETS and label == "le"):
        return False
    if node.name in {"label_replace", "label_join"} and node.args[1] == String(label):
        return True
    return any(may_carry(argument, label) for argument in node.args)


def _absences(node: Node) -> Iterator[Call]:
    """Yield the calls of ``absent`` whose elements are among the results."""
    match node:
        case Call() if node.name in _ABSENT:
            yield node
        case Binary() if node.op in _SETS:
            yield from _absences(node.left)
        case Binary() if node.op == "or" or Kind.SCALAR in {kind_of(node.left), kind_of(node.right)}:
            yield from _absences(node.left)
            yield from _absences(node.right)
        case _:
            return


def _labels_of_absent(call: Call) -> set[str]:
    """Return the labels of ``absent``'s result: those that its selector gives exactly once, by ``=``."""
    selected = call.args[0].selector if isinstance(call.args[0], Window) else call.args[0]
    if not isinstance(selected, Selector):
        return set()
    others = [matcher for matcher in selected.matchers if matcher.name != NAME]
    names = [matcher.name for matcher in others]
    equal = {matcher.name for matcher in others if matcher.match is Match.EQUAL and matcher.value}
    return {name for name in equal if names.count(name) == 1}


def read_by(template: Template) -> Iterator[str]:
    """Yield the names of the alert's labels that a template reads, in order."""
    yield from _of_nodes(template.nodes, inside=False)


def _of_nodes(nodes: Iterable[parts.Node], *, inside: bool) -> Iterator[str]:
    for node in nodes:
        match node:
            case parts.Show():
                yield from _of_pipeline(node.pipeline, inside=inside)
            case parts.Block():
                yield from _of_pipeline(node.pipeline, inside=inside)
                yield from _of_nodes(node.body, inside=inside or node.kind != "if")
                yield from _of_nodes(node.otherwise, inside=inside)
            case _:
                pass


def _of_pipeline(pipeline: parts.Pipeline, *, inside: bool) -> Iterator[str]:
    for command in pipeline.commands:
        match command:
            case (parts.Name("index"), parts.Variable("$labels", ()), parts.Literal(str(label)), *_):
                yield label
        for operand in command:
            yield from _of_operand(operand, inside=inside)


def _of_operand(operand: parts.Operand, *, inside: bool) -> Iterator[str]:
    match operand:
        case parts.Variable("$labels", (label, *_)) | parts.Variable("$", ("Labels", label, *_)):
            yield label
        case parts.Dot(("Labels", label, *_)) if not inside:
            yield label
        case parts.Nested():
            yield from _of_pipeline(operand.pipeline, inside=inside)
        case _:
            return
