"""A query from its text to its answer, within its bounds; it runs in a thread and blocks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from medic.app.web.promapi.errors import TIMED_OUT, ApiError, ErrorType, refused
from medic.app.web.promapi.finding import Compile, syntax
from medic.app.web.promapi.questions import Instant, Options, Range
from medic.app.web.promapi.shaping import TRUNCATED, answer, result, text
from medic.app.web.promapi.turns import Term
from rules.promql import Answer, Budget, EvaluationError, Query, QueryError
from rules.promql.nodes import Kind
from rules.promql.writing import write
from rules.views import View


@dataclass(frozen=True, slots=True)
class Bench:
    """What a query is evaluated with."""

    view: View
    compile: Compile
    max_samples: int


def at(bench: Bench, asked: Instant, options: Options, term: Term) -> bytes:
    """Answer a query at one time; raises ApiError."""
    query = read_query(asked.query, bench.compile)
    return _answered(
        bench, options, term, asked.at_ms, lambda budget: query.answer(bench.view, asked.at_ms, budget=budget)
    )


def over(bench: Bench, asked: Range, options: Options, term: Term) -> bytes:
    """Answer a query at many times; raises ApiError."""
    query = read_query(asked.query, bench.compile)
    if query.kind not in {Kind.SCALAR, Kind.VECTOR}:
        words = f'invalid expression type "{query.kind}" for range query, must be Scalar or instant Vector'
        raise refused("query", words)
    return _answered(
        bench, options, term, asked.times[0], lambda budget: query.over(bench.view, asked.times, budget=budget)
    )


def formatted(expression: str, compile_: Compile) -> bytes:
    """Answer with an expression as Medic writes it; raises ApiError."""
    return answer(text(write(read_query(expression, compile_).root)))


def read_query(expression: str, compile_: Compile) -> Query:
    """Compile an expression; raises ApiError with the place of what is wrong."""
    try:
        return compile_(expression)
    except QueryError as error:
        raise refused("query", syntax(error)) from error


def _answered(bench: Bench, options: Options, term: Term, at_ms: int, ask: Callable[[Budget], Answer]) -> bytes:
    budget = Budget(max_samples=bench.max_samples, deadline=term.deadline, clock=term.clock)
    began = term.clock()
    try:
        found = ask(budget)
    except EvaluationError as error:
        if term.is_over:
            raise ApiError(ErrorType.TIMEOUT, TIMED_OUT) from error
        raise ApiError(ErrorType.EXECUTION, str(error)) from error
    shaped = result(found.value, at_ms, options.limit)
    stats = f',"stats":{_stats(term.clock() - began, budget)}' if options.stats else ""
    notes: Sequence[str] = (*((TRUNCATED,) if shaped.truncated else ()), *found.notes)
    return answer(f"{{{shaped.text}{stats}}}", notes)


def _stats(seconds: float, budget: Budget) -> str:
    """Write what an evaluation took, in the fields of Prometheus' ``stats`` that have a meaning here."""
    timings = {"evalTotalTime": seconds, "execTotalTime": seconds}
    return text({"timings": timings, "samples": {"totalQueryableSamples": budget.spent}})
