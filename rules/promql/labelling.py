"""Functions that change labels: label_replace and label_join."""

from collections.abc import Callable
from functools import lru_cache

from rules.labelsets import LabelSet
from rules.promql.captures import expand
from rules.promql.errors import EvaluationError, QueryError
from rules.promql.frame import Frame, Samples, VectorOf, twins
from rules.promql.literals import quote
from rules.promql.nodes import Node
from rules.promql.parse import is_label_name
from rules.promql.parts import Parts, text_of
from rules.promql.regex import translate

REMEMBERED = 10_000
LONGEST = 10_000
"""Characters of a label that is written: a few joins, each of the one before twice, would fill the memory."""


def compile_replace(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
    """Compile ``label_replace(v, target, replacement, source, regex)``; what does not match keeps its labels."""
    vector = parts.vector(args[0])
    target, replacement, source, expression = map(text_of, args[1:])
    check_label(target, "destination", "label_replace")
    pattern = translate(expression)

    @lru_cache(REMEMBERED)  # the same labels come at each evaluation
    def replaced(text: str) -> str | None:
        found = pattern.fullmatch(text)
        return None if found is None else expand(replacement, found)

    return _relabelling(vector, target, lambda labels: replaced(labels.get(source)))


def compile_join(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
    """Compile ``label_join(v, target, separator, source...)``; a missing source counts as empty."""
    vector = parts.vector(args[0])
    target, separator, *sources = map(text_of, args[1:])
    for name in sources:
        check_label(name, "source", "label_join")
    check_label(target, "destination", "label_join")
    return _relabelling(vector, target, lambda labels: separator.join(labels.get(name) for name in sources))


def check_label(name: str, role: str, function: str) -> None:
    """Refuse what cannot name a label, saying in which *role* of which *function* it stands."""
    if not is_label_name(name):
        what = f"invalid {role} label name in {function}(): {quote(name)}"
        raise QueryError(what, "write one that is UTF-8 and not empty")


def _relabelling(vector: VectorOf, target: str, value_of: Callable[[LabelSet], str | None]) -> VectorOf:
    def evaluate(frame: Frame) -> Samples:
        samples = vector(frame)
        found: Samples = {}
        for labels, value in samples.items():
            frame.check()  # a regular expression takes its time on a long text
            text = _bounded(value_of(labels))
            found[labels if text is None else frame.catalog.rewrite(labels, {target: text})] = value
        if len(found) != len(samples):
            raise twins()
        return found

    return evaluate


def _bounded(text: str | None) -> str | None:
    if text is not None and len(text) > LONGEST:
        raise EvaluationError(f"a label would have more than {LONGEST} characters: join or repeat fewer of them")
    return text
