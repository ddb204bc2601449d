"""Where the calls of a query and their arguments stand in its text; the parser does not say, so the tokens do."""

import re
from collections.abc import Iterator, Sequence

from rules.promql.errors import place
from rules.promql.guard import TOKEN
from rules.promql.nodes import Aggregation, Call, Node, children, walk

Tokens = Sequence[re.Match[str]]

NOT_CALLED = frozenset((
    "and", "atan2", "bool", "by", "group_left", "group_right", "ignoring", "offset", "on", "or", "unless", "without",
))  # fmt: skip
CLAUSES = frozenset(("by", "without"))
BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


def places(text: str, root: Node) -> dict[int, str]:
    """Return line and column, as ``1:5``, of each call and aggregation in *root* and of their arguments, by identity.

    Calls stand in the text in the order in which a walk meets them. Empty where *root* was not read from *text*.
    """
    tokens = [token for token in TOKEN.finditer(text) if token.lastgroup != "blank"]
    heads = list(_heads(tokens))
    nodes = [node for node in walk(root) if isinstance(node, Call | Aggregation)]
    if len(heads) != len(nodes):
        return {}
    found: dict[int, str] = {}
    for node, (at, opening) in zip(nodes, heads, strict=True):
        starts = _arguments(tokens, opening)
        for part, start in zip((node, *children(node)), (tokens[at].start(), *starts), strict=False):
            found[id(part)] = place(text, start)
    return found


def _heads(tokens: Tokens) -> Iterator[tuple[int, int]]:
    """Yield each name that is called, with the bracket that opens its arguments."""
    for at, token in enumerate(tokens):
        word = token[0].lower()
        if token.lastgroup != "word" or word in NOT_CALLED or (at and tokens[at - 1].lastgroup == "at"):
            continue
        opening = at + 1
        if opening < len(tokens) and tokens[opening][0].lower() in CLAUSES:
            opening = _close(tokens, opening + 1) + 1
        if opening < len(tokens) and tokens[opening][0] == "(":
            yield at, opening


def _close(tokens: Tokens, opening: int) -> int:
    """Return the bracket that closes the one at *opening*."""
    depth = 0
    for at in range(opening, len(tokens)):
        depth += BRACKETS.get(tokens[at][0], 0)
        if depth == 0:
            return at
    return len(tokens)


def _arguments(tokens: Tokens, opening: int) -> Iterator[int]:
    """Yield where each argument begins; brackets around a whole argument are not part of it."""
    end, at = _close(tokens, opening), opening + 1
    while at < end:
        until = _separator(tokens, at, end)
        while tokens[at][0] == "(" and _close(tokens, at) == until - 1:
            at, until = at + 1, until - 1
        yield tokens[at].start()
        at = _separator(tokens, at, end) + 1


def _separator(tokens: Tokens, at: int, end: int) -> int:
    """Return the comma behind the argument that begins at *at*, or *end*."""
    depth = 0
    while at < end and (depth > 0 or tokens[at][0] != ","):
        depth += BRACKETS.get(tokens[at][0], 0)
        at += 1
    return at
