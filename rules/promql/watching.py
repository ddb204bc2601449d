"""What is looked at beside a result: names that are no counter's, and series that become equal at different times."""

from collections.abc import Callable, Iterable, Iterator

from rules.labelsets import NAME, LabelSet
from rules.postings import Match
from rules.promql.bulk import Bulk
from rules.promql.frame import Frame, Samples, VectorOf, twins
from rules.promql.literals import quote
from rules.promql.nodes import Kind, Negation, Node, Window, kind_of
from rules.promql.notes import INFO
from rules.promql.parts import CompileVector, Parts, Windows
from rules.rosters import Rows

COUNTERS = ("_total", "_sum", "_count", "_bucket")
PAIRWISE = frozenset(("delta", "deriv", "idelta", "increase", "irate", "predict_linear", "rate"))
"""Functions that give nothing for a window with a single sample."""


def watched(vector: VectorOf, watch: Callable[[Frame], None]) -> VectorOf:
    """Return *vector* with a look at the frame after each evaluation that gave something; what is bulk stays bulk."""
    if isinstance(vector, Bulk):
        rows = vector.rows

        def in_bulk(frame: Frame) -> Rows:
            found = rows(frame)
            if found:
                watch(frame)
            return found

        return Bulk(in_bulk)

    def evaluate(frame: Frame) -> Samples:
        found = vector(frame)
        if found:
            watch(frame)
        return found

    return evaluate


def suspecting(compile_rate: CompileVector) -> CompileVector:
    """Return the compiler of a rate that annotates its answer, at no cost where the selector names a counter."""

    def compile_call(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
        rate, about = compile_rate(parts, args), args[0]
        name = name_of(about)
        if name.endswith(COUNTERS):
            return rate
        windows = parts.windows(about)

        def tell(frame: Frame) -> None:
            if frame.notes is None:
                return
            for suspect in (name,) if name else sorted(set(_suspects(windows, frame))):
                what = "metric might not be a counter, name does not end in _total/_sum/_count/_bucket:"
                frame.note(f"{INFO}{what} {quote(suspect)}", about)

        return watched(rate, tell)

    return compile_call


def name_of(node: Node) -> str:
    """Return the one name that a range selector reads, empty where it may read several."""
    matchers = node.selector.matchers if isinstance(node, Window) else ()
    return next((one.value for one in matchers if one.name == NAME and one.match is Match.EQUAL), "")


def _suspects(windows: Windows, frame: Frame) -> Iterator[str]:
    for labels in _sources(windows, frame, fewest=2):
        name = labels.get(NAME)
        if name and not name.endswith(COUNTERS):
            yield name


def apart(name: str, compile_call: CompileVector) -> CompileVector:
    """Return the compiler of a range function that refuses series which become equal, if at different times of a query.

    Prometheus evaluates such functions series by series over all times, and then looks for equal ones.
    """
    fewest = 2 if name in PAIRWISE else 1

    def compile_apart(parts: Parts, args: tuple[Node, ...]) -> VectorOf:
        vector = compile_call(parts, args)
        ranged = next(arg for arg in args if kind_of(arg) is Kind.MATRIX)
        if name_of(ranged):
            return vector
        windows = parts.windows(ranged)
        return watched(vector, lambda frame: _claim(frame, ranged, _sources(windows, frame, fewest=fewest)))

    return compile_apart


def negated(vector: VectorOf, node: Negation) -> VectorOf:
    """Return the compiled unary minus of *vector*, which Prometheus evaluates over all times at once, too."""

    def evaluate(frame: Frame) -> Samples:
        samples = vector(frame)
        _claim(frame, node, samples)
        return frame.mapped(samples, float.__neg__)

    return evaluate


def _claim(frame: Frame, about: Node, sources: Iterable[LabelSet]) -> None:
    """Note which series gave which result of the part *about*; raises EvaluationError where two gave the same."""
    origins = frame.origins
    if origins is not None:
        for labels in sources:
            if origins.setdefault((id(about), frame.nameless(labels)), labels) is not labels:
                raise twins()


def _sources(windows: Windows, frame: Frame, *, fewest: int) -> Iterator[LabelSet]:
    return (labels for labels, points in windows.points(frame) if len(points.values) >= fewest)
