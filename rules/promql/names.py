"""Naming what is not supported: each refusal says which construct it is and what to write instead."""

import re

from rules.promql.errors import QueryError
from rules.promql.guard import TOKEN

EXPERIMENTAL = frozenset((
    "double_exponential_smoothing", "end", "first_over_time", "histogram_quantiles", "info", "mad_over_time",
    "max_of", "min_of", "range", "sort_by_label", "sort_by_label_desc", "start", "step", "ts_of_first_over_time",
    "ts_of_last_over_time", "ts_of_max_over_time", "ts_of_min_over_time",
))  # fmt: skip
NATIVE = frozenset(("histogram_avg", "histogram_count", "histogram_stddev", "histogram_stdvar", "histogram_sum"))
STABLE = "use the functions and operators that Prometheus has without feature flags"
BINARY = frozenset(("+", "-", "*", "/", "%", "^"))


def refuse_call(name: str, text: str) -> QueryError:
    """Say why the function *name* cannot be used."""
    position = _find(text, name)
    if name in NATIVE:
        return QueryError(
            f"{name}() is for native histograms, which are not kept",
            "use histogram_quantile() or histogram_fraction() over _bucket series, or divide _sum by _count",
            text=text,
            position=position,
        )
    kind = "is experimental in Prometheus and" if name in EXPERIMENTAL else "is a function that"
    return QueryError(f"{name}() {kind} is not supported", STABLE, text=text, position=position)


def refuse_operator(name: str, text: str) -> QueryError:
    """Say that the aggregation or modifier *name* is experimental."""
    return QueryError(
        f"{name} is experimental in Prometheus and is not supported", STABLE, text=text, position=_find(text, name)
    )


def refuse_syntax(reason: str, text: str) -> QueryError:
    """Turn the parser's *reason* into a refusal, naming an experimental construct where one is the cause."""
    for word in ("smoothed", "anchored", "info", "fill", "fill_left", "fill_right"):
        if _find(text, word) is not None:
            return refuse_operator(word, text)
    arithmetic = _arithmetic_in_brackets(text)
    if arithmetic is not None:
        return QueryError(
            "arithmetic in a duration is experimental in Prometheus and is not supported",
            "write the duration out, as in [90s]",
            text=text,
            position=arithmetic,
        )
    unknown = re.match(r"unknown function with name '(.*)'", reason)
    if unknown:
        return refuse_call(unknown[1], text)
    return QueryError(reason, "write an expression that Prometheus accepts")


def _find(text: str, word: str) -> int | None:
    for token in TOKEN.finditer(text):
        if token.lastgroup == "word" and token[0].lower() == word:
            return token.start()
    return None


def _arithmetic_in_brackets(text: str) -> int | None:
    depth = 0
    for token in TOKEN.finditer(text):
        depth += (token[0] == "[") - (token[0] == "]")
        if depth and token[0] in BINARY:
            return token.start()
    return None
