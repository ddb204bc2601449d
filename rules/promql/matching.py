"""Arithmetic and comparison between two vectors: which elements match, and what labels their result has."""

from collections.abc import Callable

from rules.labelsets import NAME, LabelSet, Projection, dropping, keeping
from rules.promql.arithmetic import ARITHMETIC, COMPARISONS
from rules.promql.errors import EvaluationError
from rules.promql.frame import Dialect, Frame, Samples, VectorOf
from rules.promql.nodes import Binary, Cardinality, Matching
from rules.promql.sets import signature_of

Resultant = Callable[[Frame, LabelSet, LabelSet], LabelSet]
METADATA = (NAME, "__type__", "__unit__")


def compile_matching(node: Binary, left: VectorOf, right: VectorOf, dialect: Dialect) -> VectorOf:
    """Compile an operator between two vectors; raises EvaluationError where an element has several matches."""
    swapped = node.matching.cardinality is Cardinality.ONE_TO_MANY
    join = _Join(node, "left" if swapped else "right", dialect)
    if swapped:
        return lambda frame: join.run(frame, right(frame), left(frame))
    return lambda frame: join.run(frame, left(frame), right(frame))


class _Join:
    """One operator's way to pair the many side (or the left of two equal ones) with the one side."""

    def __init__(self, node: Binary, one_side: str, dialect: Dialect) -> None:
        self.one_side = one_side
        self.signature = signature_of(node.matching)
        self.single = node.matching.cardinality is Cardinality.ONE_TO_ONE
        self.filters = node.op in COMPARISONS and not node.as_bool
        self.forgets = self.filters and dialect.filters_first
        self.result = _result_labels(node, named=node.op in COMPARISONS or dialect.keeps_name(node.op))
        operate = ARITHMETIC.get(node.op) or COMPARISONS[node.op]
        self.operate = operate if one_side == "right" else lambda many, one: operate(one, many)

    def run(self, frame: Frame, many: Samples, one: Samples) -> Samples:
        if not many or not one:
            return {}
        frame.check()
        partners = self.index(frame, one)
        project, signature = frame.catalog.project, self.signature
        found: Samples = {}
        taken: set[LabelSet] = set()
        for labels, value in many.items():
            key = labels.derived.get(signature.key) or project(labels, signature)
            partner = partners.get(key)
            if partner is None:
                continue
            outcome = self.operate(value, one[partner])
            if self.forgets and not outcome:
                continue
            result = self.result(frame, labels, partner)
            claimed = key if self.single else result
            if claimed in taken:
                raise self.ambiguous()
            taken.add(claimed)
            if not self.filters:
                found[result] = float(outcome)
            elif outcome:
                found[result] = value if self.one_side == "right" else one[partner]
        return found

    def index(self, frame: Frame, one: Samples) -> dict[LabelSet, LabelSet]:
        partners: dict[LabelSet, LabelSet] = {}
        for labels in one:
            key = frame.catalog.project(labels, self.signature)
            if key in partners:
                both = ", ".join(sorted(map(repr, (partners[key], labels))))
                raise EvaluationError(
                    f"found duplicate series for the match group {key!r} on the {self.one_side} hand-side of the "
                    f"operation: [{both}];many-to-many matching not allowed: matching labels must be unique on one "
                    "side"
                )
            partners[key] = labels
        return partners

    def ambiguous(self) -> EvaluationError:
        if self.single:
            return EvaluationError(
                "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
            )
        return EvaluationError("multiple matches for labels: grouping labels must ensure unique matches")


def _result_labels(node: Binary, *, named: bool) -> Resultant:
    """Return how the result's labels follow from those of the many side and its partner."""
    labelled = _labelled(node.matching, () if named else METADATA)
    if not node.as_bool:
        return labelled
    return lambda frame, labels, partner: frame.nameless(labelled(frame, labels, partner))


def _labelled(matching: Matching, drop: tuple[str, ...]) -> Resultant:
    if matching.cardinality is not Cardinality.ONE_TO_ONE:
        return _including(matching, dropping(*drop) if drop else None)
    if matching.on:
        kept = keeping(*(name for name in matching.labels if name not in drop))
        return lambda frame, labels, _: frame.catalog.project(labels, kept)
    rest = dropping(*drop, *matching.labels)
    return lambda frame, labels, _: frame.catalog.project(labels, rest)


def _including(matching: Matching, rest: Projection | None) -> Resultant:
    """Keep the many side's labels and take the included ones from the other side, absent ones too."""

    def result(frame: Frame, labels: LabelSet, partner: LabelSet) -> LabelSet:
        base = labels if rest is None else frame.catalog.project(labels, rest)
        if not matching.include:
            return base
        return frame.catalog.rewrite(base, {name: partner.get(name) for name in matching.include})

    return result
