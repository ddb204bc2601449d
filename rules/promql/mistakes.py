"""Where in a query the parser's complaint belongs: it names a word or a sign at most, and the tokens tell the rest."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rules.promql.guard import OPERATOR_WORDS

Tokens = Sequence[re.Match[str]]

NAMED = re.compile(r"'([^']+)'|(?:syntax|string|character|set twice): (\S+?)[\].,]*$|\b(ParseFloatError)\. (\S+)")
PAIRS = {")": "(", "]": "[", "}": "{"}
CLAUSES = frozenset((
    "bool", "by", "group_left", "group_right", "ignoring", "offset", "on", "without",
))  # fmt: skip
LABELLED = frozenset(("by", "ignoring", "on", "without"))
"""Clauses that take labels in brackets."""
OPERANDS = frozenset(("word", "number", "duration", "string", "raw"))
UNREADABLE = "invalid promql query"
"""All that the parser says of most mistakes."""
ADVICE = "write an expression that Prometheus accepts"


class Complaint(NamedTuple):
    """What is wrong with a text, what to write instead, and where it is as far as that can be told."""

    what: str
    instead: str
    position: int | None


def complain(reason: str, tokens: Tokens, text: str) -> Complaint:
    """Say in words and with a place what the parser describes as *reason*."""
    position = position_of(reason, tokens, text)
    if UNREADABLE not in reason:
        return Complaint(reason, ADVICE, position)
    if (slip := next(_slips(tokens), None)) is not None:
        return slip
    if position is None:
        return Complaint("this cannot be read as an expression", ADVICE, None)
    wrong = next((token[0] for token in tokens if token.start() == position), None)
    return Complaint("the expression ends too early" if wrong is None else f"unexpected {wrong!r}", ADVICE, position)


def _slips(tokens: Tokens) -> Iterator[Complaint]:
    """Yield what is often written by mistake."""
    depth = 0
    for token, after in zip(tokens, [*(one[0] for one in tokens[1:]), ""], strict=True):
        word = token[0].lower()
        depth += (word == "{") - (word == "}")
        if word in LABELLED and after != "(":
            yield Complaint(f"no labels in brackets follow {word!r}", f"write {word} (label, ...)", token.start())
        if word == "=" and not depth:
            yield Complaint("'=' compares labels, and only in braces", "write == to compare values", token.start())


def position_of(reason: str, tokens: Tokens, text: str) -> int | None:
    """Return where the mistake stands that the parser describes as *reason*; None when nothing tells."""
    if "end of input" in reason:
        return len(text)
    if "parenthesis" in reason or "bracket" in reason or "brace" in reason:
        unpaired = next(_unpaired(tokens), None)
        if unpaired is not None:
            return unpaired
    if stray := re.match(r"unexpected character: '(.)'$", reason):
        return next((token.start() for token in tokens if token[0] == stray[1]), None)
    if named := NAMED.search(reason):
        return _named(next(filter(None, (named[1], named[2], named[4]))), tokens, called="call" in reason)
    return _unexpected(tokens, text) if UNREADABLE in reason else None


def _unpaired(tokens: Tokens) -> Iterator[int]:
    """Yield the brackets that have no partner, those that close first."""
    opened: list[re.Match[str]] = []
    for token in tokens:
        if token.lastgroup == "open":
            opened.append(token)
        elif token.lastgroup == "close" and (not opened or opened.pop()[0] != PAIRS[token[0]]):
            yield token.start()
    for token in opened:
        yield token.start()


def _named(name: str, tokens: Tokens, *, called: bool) -> int | None:
    """Return where *name* stands, as a function if it is *called*; None when it stands at several places."""
    found = [
        token.start()
        for token, after in zip(tokens, [*(one[0] for one in tokens[1:]), ""], strict=True)
        if (token[0] == name and (after == "(" or not called)) or (not called and name.startswith(token[0] + " "))
    ]
    return found[0] if len(found) == 1 else None


def _unexpected(tokens: Tokens, text: str) -> int | None:
    """Return the first token that cannot follow the one before: two operands, two operators, or an end too early."""
    operand = False
    for before, token in zip([None, *tokens], tokens, strict=False):
        word, kind = token[0].lower(), token.lastgroup
        operator = kind == "operator" or (kind == "word" and word in OPERATOR_WORDS and operand)
        follows = kind in OPERANDS and word not in CLAUSES and not operator
        if operand and follows and before is not None and before[0].lower() not in CLAUSES | {"@"}:
            return token.start()
        if not operand and operator and token[0] not in {"+", "-"}:
            return token.start()
        operand = follows or kind in {"close", "at"}
    return None if operand else len(text)
