"""Naming what is not supported: each refusal says which construct it is and what to write instead."""

import re
from collections.abc import Callable, Sequence

from rules.promql.errors import QueryError, UnsupportedError
from rules.promql.guard import TOKEN
from rules.promql.mistakes import complain

EXPERIMENTAL = frozenset((
    "double_exponential_smoothing", "end", "first_over_time", "histogram_quantiles", "holt_winters", "info",
    "mad_over_time", "max_of", "min_of", "range", "sort_by_label", "sort_by_label_desc", "start", "step",
    "ts_of_first_over_time", "ts_of_last_over_time", "ts_of_max_over_time", "ts_of_min_over_time",
))  # fmt: skip
NATIVE = frozenset(("histogram_avg", "histogram_count", "histogram_stddev", "histogram_stdvar", "histogram_sum"))
STABLE = "use the functions and operators that Prometheus has without feature flags"
HISTOGRAMS = "native histograms"
BINARY = frozenset(("+", "-", "*", "/", "%", "^"))
CALLED = frozenset(("info", "fill", "fill_left", "fill_right"))
MODIFIERS = frozenset(("smoothed", "anchored"))

Tokens = Sequence[re.Match[str]]


def refuse_call(name: str, text: str) -> QueryError:
    """Say why the function *name* cannot be used."""
    position = _find(_tokens(text), lambda tokens, at: tokens[at][0] == name and _opens(tokens, at + 1))
    if name in NATIVE:
        return UnsupportedError(
            HISTOGRAMS,
            f"{name}() is for native histograms, which are not kept",
            "use histogram_quantile() or histogram_fraction() over _bucket series, or divide _sum by _count",
            text=text,
            position=position,
        )
    if name in EXPERIMENTAL:
        return _experimental(f"{name}()", text, position)
    return QueryError(f"{name}() is a function that is not supported", STABLE, text=text, position=position)


def refuse_operator(name: str, text: str) -> QueryError:
    """Say that the aggregation or modifier *name* is experimental."""
    return _experimental(name, text, _find(_tokens(text), lambda tokens, at: tokens[at][0].lower() == name))


def refuse_syntax(reason: str, text: str) -> QueryError:
    """Turn the parser's *reason* into a refusal, naming an experimental construct where one is the cause."""
    tokens = _tokens(text)
    for names, fits in ((CALLED, _opens), (MODIFIERS, _always)):
        for at, token in enumerate(tokens):
            if token[0].lower() in names and fits(tokens, at + 1):
                return _experimental(token[0].lower(), text, token.start())
    arithmetic = _duration_arithmetic(tokens)
    if arithmetic is not None:
        what = "arithmetic in a duration is experimental in Prometheus and is not supported"
        return UnsupportedError("experimental", what, "write it out, as in [90s]", text=text, position=arithmetic)
    unknown = re.match(r"unknown function with name '(.*)'", reason)
    if unknown:
        return refuse_call(unknown[1], text)
    what, instead, position = complain(reason, tokens, text)
    return QueryError(what, instead, text=text, position=position)


def _experimental(name: str, text: str, position: int | None) -> UnsupportedError:
    what = f"{name} is experimental in Prometheus and is not supported"
    return UnsupportedError("experimental", what, STABLE, text=text, position=position)


def _tokens(text: str) -> Tokens:
    return [token for token in TOKEN.finditer(text) if token.lastgroup != "blank"]


def _find(tokens: Tokens, fits: Callable[[Tokens, int], bool]) -> int | None:
    """Return where the first fitting word stands."""
    found = (token.start() for at, token in enumerate(tokens) if token.lastgroup == "word" and fits(tokens, at))
    return next(found, None)


def _opens(tokens: Tokens, at: int) -> bool:
    return at < len(tokens) and tokens[at][0] == "("


def _always(_tokens: Tokens, _at: int) -> bool:
    return True


def _duration_arithmetic(tokens: Tokens) -> int | None:
    """Return where a duration is computed: an operator or a bracket or a call in square brackets or behind offset."""
    depth = 0
    for at, token in enumerate(tokens):
        depth += (token[0] == "[") - (token[0] == "]")
        computed = token[0] in BINARY or token[0] == "(" or (token.lastgroup == "word" and _opens(tokens, at + 1))
        if computed and (depth or _behind_offset(tokens, at)):
            return token.start()
    return None


def _behind_offset(tokens: Tokens, at: int) -> bool:
    """Tell whether a bracket or a call begins what an ``offset`` takes, a sign between them or not."""
    if tokens[at][0] in BINARY:
        return False
    before = at - 1 - (at > 0 and tokens[at - 1][0] in {"+", "-"})
    return before > 0 and tokens[before][0].lower() == "offset"
