"""Whether evaluating an expression can fail on some data: then it must be, even where its result is not needed."""

from math import isfinite

from rules.labelsets import NAME
from rules.postings import Match
from rules.promql.nodes import Aggregation, Binary, Call, Kind, Node, Number, Selector, kind_of, walk

RELABELLING = frozenset(("label_join", "label_replace"))
SETS = frozenset(("and", "or", "unless"))


def can_fail(node: Node) -> bool:
    """Tell whether some data make *node* fail.

    Ambiguous matches do, series that become equal, and a number of elements that is none.
    """
    return any(map(_can_fail, walk(node)))


def _can_fail(node: Node) -> bool:
    match node:
        case Selector():
            return not any(one.name == NAME and one.match is Match.EQUAL for one in node.matchers)
        case Call():
            return node.name in RELABELLING
        case Aggregation(op="topk" | "bottomk"):
            return not (isinstance(node.parameter, Number) and isfinite(node.parameter.value))
        case Binary():
            return _matches(node) and (
                node.op not in SETS or (node.op == "or" and (node.matching.on or bool(node.matching.labels)))
            )
        case _:
            return False


def _matches(node: Binary) -> bool:
    return kind_of(node.left) is Kind.VECTOR and kind_of(node.right) is Kind.VECTOR
