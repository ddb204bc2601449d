"""Functions that change labels: label_replace and label_join."""

import re
from collections.abc import Callable

from rules.labelsets import LabelSet
from rules.promql.errors import QueryError
from rules.promql.frame import Frame, Samples, VectorOf, twins
from rules.promql.literals import quote
from rules.promql.nodes import Node
from rules.promql.parse import is_label_name
from rules.promql.parts import Parts, text_of
from rules.promql.regex import matching, translate

REFERENCE = re.compile(r"\$(?:(\$)|([A-Za-z0-9_]+)|\{([A-Za-z0-9_]+)\})")


def compile_replace(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
    """Compile ``label_replace(v, target, replacement, source, regex)``; what does not match keeps its labels."""
    vector = parts.vector(args[0])
    target, replacement, source, expression = map(text_of, args[1:])
    check_label(target, "destination", "label_replace")
    pattern, matches = translate(expression), matching(expression)

    def replaced(labels: LabelSet) -> str | None:
        text = labels.get(source)
        # where nothing matches, Python would try all ways in vain, which can take long
        found = pattern.fullmatch(text) if matches is pattern or matches.fullmatch(text) is not None else None
        return None if found is None else expand(replacement, found)

    return _relabelling(vector, target, replaced)


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


def expand(template: str, found: re.Match[str]) -> str:
    """Fill ``$1``, ``${1}`` and ``$name`` into *template* as Go does: unknown groups are empty, ``$$`` is a dollar."""

    def group(reference: re.Match[str]) -> str:
        if reference[1]:
            return "$"
        name = reference[2] or reference[3]
        try:
            return found[int(name) if name.isdigit() else name] or ""
        except (IndexError, OverflowError):
            return ""

    return REFERENCE.sub(group, template)


def _relabelling(vector: VectorOf, target: str, value_of: Callable[[LabelSet], str | None]) -> VectorOf:
    def evaluate(frame: Frame) -> Samples:
        samples = vector(frame)
        found: Samples = {}
        for labels, value in samples.items():
            text = value_of(labels)
            found[labels if text is None else frame.catalog.rewrite(labels, {target: text})] = value
        if len(found) != len(samples):
            raise twins()
        return found

    return evaluate
