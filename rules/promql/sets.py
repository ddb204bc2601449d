"""The set operators: and, or, unless."""

from typing import Protocol

from rules.labelsets import NAME, LabelSet, Projection, dropping, keeping
from rules.promql.frame import Frame, Samples, VectorOf, twins
from rules.promql.nodes import Matching


def signature_of(matching: Matching) -> Projection:
    """Return what of a label set must be equal for two elements to match; the name counts only when ``on`` names it."""
    return keeping(*matching.labels) if matching.on else dropping(NAME, *matching.labels)


def signatures(frame: Frame, samples: Samples, projection: Projection) -> set[LabelSet]:
    """Return the signatures of all elements."""
    key, project = projection.key, frame.catalog.project
    return {labels.derived.get(key) or project(labels, projection) for labels in samples}


def compile_and(matching: Matching, left: VectorOf, right: VectorOf, *, always: bool) -> VectorOf:
    """Compile ``and``: the left elements that have a match on the right, evaluated *always* or on demand."""
    projection = signature_of(matching)

    def evaluate(frame: Frame) -> Samples:
        samples = left(frame)
        if not samples and not always:
            return samples
        wanted, project = signatures(frame, right(frame), projection), frame.catalog.project
        return {labels: value for labels, value in samples.items() if project(labels, projection) in wanted}

    return evaluate


def compile_unless(matching: Matching, left: VectorOf, right: VectorOf, *, always: bool) -> VectorOf:
    """Compile ``unless``: the left elements that have no match on the right, evaluated *always* or on demand."""
    projection = signature_of(matching)

    def evaluate(frame: Frame) -> Samples:
        samples = left(frame)
        if not samples and not always:
            return samples
        unwanted, project = signatures(frame, right(frame), projection), frame.catalog.project
        return {labels: value for labels, value in samples.items() if project(labels, projection) not in unwanted}

    return evaluate


def compile_or(matching: Matching, left: VectorOf, right: VectorOf, *, always: bool = True) -> VectorOf:  # noqa: ARG001
    """Compile ``or``: the left elements, and the right ones that have no match on the left."""
    projection = signature_of(matching)

    def evaluate(frame: Frame) -> Samples:
        samples = dict(left(frame))
        present, project = signatures(frame, samples, projection), frame.catalog.project
        for labels, value in right(frame).items():
            if project(labels, projection) not in present:
                if labels in samples:
                    raise twins()
                samples[labels] = value
        return samples

    return evaluate


class CompileSet(Protocol):
    """Compiles one set operator of two compiled sides."""

    def __call__(self, matching: Matching, left: VectorOf, right: VectorOf, *, always: bool) -> VectorOf:
        """Compile it."""


SETS: dict[str, CompileSet] = {
    "and": compile_and,
    "or": compile_or,
    "unless": compile_unless,
}
