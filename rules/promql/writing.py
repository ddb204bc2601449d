"""From nodes back to text, as people and Prometheus' API expect to read it."""

from collections.abc import Sequence

from rules.durations import format_duration
from rules.labelsets import NAME
from rules.postings import Match, Matcher
from rules.promql.literals import quote, show_number
from rules.promql.nodes import (
    Aggregation,
    Binary,
    Call,
    Cardinality,
    Edge,
    Matching,
    Negation,
    Node,
    Number,
    Selector,
    Shift,
    String,
    Subquery,
    Window,
)


def write(node: Node) -> str:
    """Write *node* as PromQL that means the same; operators below operators stand in brackets."""
    match node:
        case Number():
            return show_number(node.value)
        case String():
            return quote(node.text)
        case Selector():
            return _selected(node.matchers) + _shift(node.shift)
        case Window():
            length = format_duration(node.range_ms)
            return f"{_selected(node.selector.matchers)}[{length}]{_shift(node.selector.shift)}"
        case Call():
            return f"{node.name}({', '.join(map(write, node.args))})"
        case _:
            return _write_compound(node)


def _write_compound(node: Node) -> str:
    match node:
        case Subquery():
            step = "" if node.step_ms is None else format_duration(node.step_ms)
            return f"{_operand(node.expr)}[{format_duration(node.range_ms)}:{step}]{_shift(node.shift)}"
        case Negation():
            return f"-{_operand(node.expr)}"
        case Binary():
            word = f"{node.op} bool" if node.as_bool else node.op
            return f"{_operand(node.left)} {word}{_matching(node.matching)} {_operand(node.right)}"
        case Aggregation():
            return _aggregation(node)
        case _:
            return ""


def _aggregation(node: Aggregation) -> str:
    clause = "without" if node.without else "by"
    grouping = f" {clause} ({', '.join(map(_name, node.labels))}) " if node.labels or node.without else ""
    parts = [write(one) for one in (node.parameter, node.expr) if one is not None]
    return f"{node.op}{grouping}({', '.join(parts)})"


def _operand(node: Node) -> str:
    text = write(node)
    return f"({text})" if isinstance(node, Binary | Negation) or text.startswith("-") else text


def _selected(matchers: Sequence[Matcher]) -> str:
    first = matchers[0]
    bare = first.name == NAME and first.match is Match.EQUAL and _is_plain(first.value.replace(":", "_"))
    rest = matchers[1:] if bare else matchers
    inner = ", ".join(f"{_name(one.name)}{one.match}{quote(one.value)}" for one in rest)
    return (first.value if bare else "") + (f"{{{inner}}}" if inner else "")


def _name(name: str) -> str:
    return name if _is_plain(name) else quote(name)


def _is_plain(name: str) -> bool:
    return name.isascii() and name.isidentifier()


def _shift(shift: Shift) -> str:
    at = shift.at
    moment = "" if at is None else f" @ {at if isinstance(at, Edge) else show_number(at / 1000)}"
    if not shift.offset_ms:
        return moment
    sign = "-" if shift.offset_ms < 0 else ""
    return f"{moment} offset {sign}{format_duration(abs(shift.offset_ms))}"


def _matching(matching: Matching) -> str:
    text = ""
    if matching.on or matching.labels:
        text = f" {'on' if matching.on else 'ignoring'} ({', '.join(map(_name, matching.labels))})"
    if matching.cardinality in {Cardinality.MANY_TO_ONE, Cardinality.ONE_TO_MANY}:
        side = "group_left" if matching.cardinality is Cardinality.MANY_TO_ONE else "group_right"
        text += f" {side} ({', '.join(map(_name, matching.include))})"
    return text
