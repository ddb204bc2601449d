"""From text to nodes: promql-parser's tree is converted at once, and nothing else sees it."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import promql_parser as outside

from rules.labelsets import NAME
from rules.postings import Match, Matcher
from rules.promql.errors import QueryError
from rules.promql.guard import Lifted, lift
from rules.promql.literals import quote
from rules.promql.names import refuse_call, refuse_operator, refuse_syntax
from rules.promql.nodes import (
    NOW,
    Aggregation,
    Binary,
    Call,
    Cardinality,
    Edge,
    Kind,
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
from rules.promql.regex import matching

MILLISECOND = timedelta(milliseconds=1)
NOT_EMPTY = "at least one non-empty matcher"
PROOF = "__not_empty__"
MATCHES = {"Equal": Match.EQUAL, "NotEqual": Match.NOT_EQUAL, "Re": Match.REGEX, "NotRe": Match.NOT_REGEX}
KINDS = {"Vector": Kind.VECTOR, "Scalar": Kind.SCALAR, "Matrix": Kind.MATRIX, "String": Kind.TEXT}
CARDINALITIES = {
    "OneToOne": Cardinality.ONE_TO_ONE,
    "ManyToOne": Cardinality.MANY_TO_ONE,
    "OneToMany": Cardinality.ONE_TO_MANY,
    "ManyToMany": Cardinality.MANY_TO_MANY,
}


def parse(text: str, *, dot_all: bool, known: Callable[[str], bool]) -> Node:
    """Parse *text*; raises QueryError, and never anything else, for whatever is no supported query.

    *known* tells whether a function is supported; *dot_all* whether a dot in a regular expression matches a newline.
    """
    lifted = lift(text)
    return _Converter(text, lifted, dot_all=dot_all, known=known).node(_parse_outside(text, lifted))


def _parse_outside(text: str, lifted: Lifted) -> outside.Expr:
    parsed = _attempt(lifted.text)
    if isinstance(parsed, str) and NOT_EMPTY in parsed:
        # the parser takes x!="" for a matcher that accepts nothing; with another beside it, it is left to our own check
        parsed = _attempt(lifted.text.replace("{", f'{{{PROOF}="1",'))
    if isinstance(parsed, str):
        raise refuse_syntax(_readable(parsed, lifted), text)
    return parsed


def _attempt(text: str) -> outside.Expr | str:
    """Return the tree of *text*, or what the parser has against it."""
    try:
        expr: outside.Expr = outside.parse(text)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as problem:  # noqa: BLE001 - a panic of the parser is a BaseException that is no Exception
        return str(problem)
    return expr


def _readable(reason: str, lifted: Lifted) -> str:
    for index, string in enumerate(lifted.strings):
        reason = reason.replace(f"\ue000{index}", string)
    return reason or "the parser could not read it"


class _Converter:
    """Converts one tree; knows the text for its refusals and the tables of what was lifted out of it."""

    def __init__(self, text: str, lifted: Lifted, *, dot_all: bool, known: Callable[[str], bool]) -> None:
        self.text = text
        self.lifted = lifted
        self.dot_all = dot_all
        self.known = known

    def node(self, expr: outside.Expr) -> Node:
        match expr:
            case outside.ParenExpr():
                return self.node(expr.expr)
            case outside.UnaryExpr():
                inner = self.node(expr.expr)
                return Number(-inner.value) if isinstance(inner, Number) else Negation(inner)
            case outside.Call():
                return self.call(expr)
            case outside.AggregateExpr():
                return self.aggregation(expr)
            case outside.BinaryExpr():
                return self.binary(expr)
            case _:
                return self.leaf(expr)

    def leaf(self, expr: outside.Expr) -> Node:
        match expr:
            case outside.NumberLiteral():
                return Number(expr.val)
            case outside.StringLiteral():
                return String(self.lifted.string(expr.val))
            case _:
                return self.selection(expr)

    def selection(self, expr: outside.Expr) -> Node:
        match expr:
            case outside.VectorSelector():
                return self.selector(expr)
            case outside.MatrixSelector():
                return Window(self.selector(expr.vector_selector), _milliseconds(expr.range))
            case outside.SubqueryExpr():
                step = None if expr.step is None else _milliseconds(expr.step)
                return Subquery(self.node(expr.expr), _milliseconds(expr.range), step, self.shift(expr.offset, expr.at))
            case _:
                raise refuse_syntax(f"the parser found a {type(expr).__name__}, which is not supported", self.text)

    def shift(self, offset: timedelta | None, at: outside.AtModifier | None) -> Shift:
        offset_ms = _milliseconds(offset)
        if at is None:
            return Shift(offset_ms) if offset_ms else NOW
        kind = _variant(at.type)
        if kind != "At":
            return Shift(offset_ms, Edge.START if kind == "Start" else Edge.END)
        # the parser saw the index of the time in our table instead of the time
        index = round(at.at.timestamp()) if at.at is not None else 0
        return Shift(offset_ms, self.lifted.moments[index])

    def selector(self, expr: outside.VectorSelector) -> Selector:
        if expr.matchers.or_matchers:
            raise QueryError(
                "or between matchers is not PromQL", "match a regular expression, or join two selectors by or"
            )
        matchers = [self.matcher(one) for one in expr.matchers.matchers if one.name != PROOF]
        if expr.name is not None:
            matchers.insert(0, Matcher(NAME, Match.EQUAL, self.lifted.string(expr.name)))
        if all(one.accepts("") for one in matchers):
            raise QueryError(
                "a selector must have a matcher that does not match an empty value", 'name a metric, or {job=~".+"}'
            )
        named = [one.value for one in matchers if one.name == NAME]
        if expr.name is not None and len(named) > 1:
            raise QueryError(f"the metric name is given twice, {named[0]!r} and {named[1]!r}", "give it once")
        return Selector(tuple(matchers), self.shift(expr.offset, expr.at))

    def matcher(self, one: outside.Matcher) -> Matcher:
        name, value = self.label(one.name), self.lifted.string(one.value)
        match = MATCHES[_variant(one.op)]
        if match in {Match.EQUAL, Match.NOT_EQUAL}:
            return Matcher(name, match, value)
        try:
            return Matcher(name, match, value, matching(value, dot_all=self.dot_all))
        except QueryError as problem:
            raise self.refuse(problem.what, problem.instead, one.value) from None

    def refuse(self, what: str, instead: str, parsed: str) -> QueryError:
        """Say what is wrong with a name or a string, and where it stands."""
        return QueryError(what, instead, text=self.text, position=self.lifted.place(parsed))

    def label(self, name: str) -> str:
        found = self.lifted.string(name)
        if not is_label_name(found):
            raise self.refuse(f"invalid label name {quote(found)}", "write one that is UTF-8 and not empty", name)
        return found

    def labels(self, names: Sequence[str] | None) -> tuple[str, ...]:
        return tuple(self.label(name) for name in names or ())

    def call(self, expr: outside.Call) -> Call:
        name = expr.func.name
        if expr.func.experimental or not self.known(name):
            raise refuse_call(name, self.text)
        return Call(name, tuple(self.node(arg) for arg in expr.args), KINDS[_variant(expr.func.return_type)])

    def aggregation(self, expr: outside.AggregateExpr) -> Aggregation:
        op = str(expr.op)
        if op in {"limitk", "limit_ratio"}:
            raise refuse_operator(op, self.text)
        parameter = None if expr.param is None else self.node(expr.param)
        without = expr.modifier is not None and _variant(expr.modifier.type) == "Without"
        labels = self.labels(expr.modifier.labels if expr.modifier is not None else ())
        return Aggregation(op, self.node(expr.expr), parameter, without, labels)

    def binary(self, expr: outside.BinaryExpr) -> Binary:
        left, right = self.node(expr.lhs), self.node(expr.rhs)
        modifier = expr.modifier
        if modifier is None:
            return Binary(str(expr.op), left, right, self.matching(str(expr.op), None))
        if modifier.fill_values.lhs is not None or modifier.fill_values.rhs is not None:
            raise refuse_operator("fill", self.text)
        return Binary(str(expr.op), left, right, self.matching(str(expr.op), modifier), modifier.return_bool)

    def matching(self, op: str, modifier: outside.BinModifier | None) -> Matching:
        many = Cardinality.MANY_TO_MANY if op in {"and", "or", "unless"} else Cardinality.ONE_TO_ONE
        if modifier is None:
            return Matching(many)
        cardinality = many if many is Cardinality.MANY_TO_MANY else CARDINALITIES[_variant(modifier.card)]
        include = self.labels(modifier.group_labels)
        if modifier.matching is None:
            return Matching(cardinality, include=include)
        on = _variant(modifier.matching.type) == "Include"
        labels = self.labels(modifier.matching.labels)
        if on and (both := set(labels) & set(include)):
            raise QueryError(f"label {min(both)!r} stands in on() and in the group clause", "name it in one of them")
        return Matching(cardinality, on, labels, include)


def is_label_name(name: str) -> bool:
    """Tell whether *name* can name a label: any UTF-8 that is not empty."""
    return bool(name) and not any("\ud800" <= character <= "\udfff" for character in name)


def _variant(member: object) -> str:
    """Return the bare name of one of the parser's enumeration members, which are no Python enumerations."""
    return str(member).rpartition(".")[2]


def _milliseconds(length: timedelta | None) -> int:
    return 0 if length is None else length // MILLISECOND
