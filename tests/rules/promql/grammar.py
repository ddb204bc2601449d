"""Random expressions of the whole stable float language, of each type; what they give is anybody's guess."""

from hypothesis import strategies as st

NAMES = ("c_total", "d_total", "f", "f", "g", "h", "lat_bucket", "info")
LABELS = ("i", "g", "le", "v")
DURATIONS = ("1m", "90s", "3m", "5m", "10m", "1s", "7m30s")
NUMBERS = ("0", "1", "-1", "2", "0.5", "3", "1e3", "NaN", "Inf", "-Inf", "60", "0.1")
NUMERIC = (
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "day_of_month", "day_of_week",
    "day_of_year", "days_in_month", "deg", "exp", "floor", "hour", "ln", "log10", "log2", "minute", "month", "rad",
    "round", "sgn", "sin", "sinh", "sort", "sort_desc", "sqrt", "tan", "tanh", "timestamp", "year",
)  # fmt: skip
OVER_TIME = (
    "absent_over_time", "avg_over_time", "changes", "count_over_time", "delta", "deriv", "idelta", "increase", "irate",
    "last_over_time", "max_over_time", "min_over_time", "present_over_time", "rate", "resets", "stddev_over_time",
    "stdvar_over_time", "sum_over_time",
)  # fmt: skip
DATES = ("day_of_week", "days_in_month", "hour", "minute", "month", "year")
FOLDS = ("sum", "avg", "min", "max", "count", "group", "stddev", "stdvar")
ARITHMETIC = ("+", "-", "*", "/", "%", "^", "atan2")
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
SETS = ("and", "or", "unless")

pick = st.sampled_from
numbers = pick(NUMBERS)
labels = st.lists(pick(LABELS), max_size=2, unique=True).map(", ".join)


@st.composite
def matchers(draw):
    """Draw one matcher."""
    name, op = draw(pick(LABELS)), draw(pick(("=", "!=", "=~", "!~")))
    return (
        f'{name}{op}"{draw(pick(("1", "2", "a", "", ".*", "1|2", "[ab]", "a.?", "+Inf" if "~" not in op else "x+")))}"'
    )


@st.composite
def shifts(draw):
    """Draw an offset and a fixed time, either of them or none."""
    offset = draw(pick(("", "", "", " offset 1m", " offset -2m", " offset 7m30s")))
    at = draw(pick(("", "", "", "", " @ 4200", " @ 4834.5", " @ start()", " @ end()", " @ 3500")))
    return draw(pick((offset + at, at + offset)))


@st.composite
def selectors(draw):
    """Draw a series selector without what shifts it."""
    inner = ", ".join(draw(st.lists(matchers(), max_size=2)))
    bare = draw(pick((*NAMES, *NAMES, "", "absent_metric")))
    if not bare:
        inner = ", ".join(
            filter(
                None,
                (
                    draw(
                        pick(
                            (
                                '__name__=~"c.*|d.*"',
                                '__name__=~"e.*|la.*|later.*"',
                                '__name__=~"early.*|later.*"',
                                '__name__=~".+"',
                                '__name__!=""',
                            )
                        )
                    ),
                    inner,
                ),
            )
        )
    return bare + (f"{{{inner}}}" if inner or not bare else "")


@st.composite
def ranges(draw, depth, *, fixed=True):
    """Draw a range vector; one that is not *fixed* moves with the evaluation."""
    if not fixed:
        return f"{draw(selectors())}[{draw(pick(DURATIONS))}]{draw(pick(('', ' offset 1m')))}"
    length = draw(pick(DURATIONS))
    if depth and draw(pick((True, False, False))):
        step = draw(pick(("", "1m", "30s", "2m")))
        return f"({draw(vectors(depth - 1))})[{length}:{step}]{draw(shifts())}"
    return f"{draw(selectors())}[{length}]{draw(shifts())}"


@st.composite
def scalars(draw, depth):
    """Draw a scalar."""
    if not depth:
        return draw(pick((*NUMBERS, "time()", "pi()")))
    kind = draw(pick(("leaf", "scalar", "arithmetic", "comparison", "negation")))
    if kind == "scalar":
        return f"scalar({draw(vectors(depth - 1))})"
    if kind == "negation":
        return f"-{draw(scalars(0))}"
    left, right = draw(scalars(depth - 1)), draw(scalars(depth - 1))
    if kind == "arithmetic":
        return f"({left} {draw(pick(ARITHMETIC))} {right})"
    return f"({left} {draw(pick(COMPARISONS))} bool {right})" if kind == "comparison" else left


def filled(template, **strategies):
    """Draw the parts of a text."""
    return st.fixed_dictionaries(strategies).map(lambda parts: template.format(**parts))


def calls(depth):
    """Draw a call that gives a vector."""
    inner, ranged, number = vectors(depth - 1), ranges(depth - 1), scalars(0)
    return st.one_of(
        filled("{name}({inner})", name=pick(NUMERIC), inner=inner),
        filled("{name}({inner})", name=pick(NUMERIC), inner=inner),
        filled("{name}({ranged})", name=pick(OVER_TIME), ranged=ranged),
        filled("{name}({ranged})", name=pick(OVER_TIME), ranged=ranged),
        filled("{name}({ranged})", name=pick(OVER_TIME), ranged=ranged),
        filled("quantile_over_time({number}, {ranged})", number=number, ranged=ranged),
        # Prometheus 2 loses samples of a window that is fixed by @ when it predicts from it at several times
        filled("predict_linear({r}, {n})", r=ranges(depth - 1, fixed=False), n=scalars(depth - 1)),
        filled("clamp({inner}, {low}, {high})", inner=inner, low=number, high=number),
        filled("{name}({inner}, {n})", name=pick(("clamp_min", "clamp_max", "round")), inner=inner, n=number),
        filled("absent({inner})", inner=inner),
        filled("vector({number})", number=scalars(depth - 1)),
        filled("histogram_quantile({number}, {inner})", number=number, inner=inner),
        filled("{name}()", name=pick(DATES)),
        relabelling(depth, "join"),
        relabelling(depth, "replace"),
    )


@st.composite
def relabelling(draw, depth, kind):
    """Draw a label_replace or a label_join."""
    inner, target = draw(vectors(depth - 1)), draw(pick((*LABELS, "n", "__name__")))
    if kind == "join":
        sources = "".join(f', "{draw(pick(LABELS))}"' for _ in range(draw(pick((1, 2, 0)))))
        return f'label_join({inner}, "{target}", "{draw(pick(("-", "")))}"{sources})'
    template = draw(pick(("$1", "x", "", "${1}y", "$2", "$$1", "$n")))
    pattern = draw(pick(("(.*)", "(a)|(b)", "1", "(?P<n>.)", "[^2]", "")))
    source = draw(pick((*LABELS, "__name__")))
    return f'label_replace({inner}, "{target}", "{template}", "{source}", "{pattern}")'


@st.composite
def aggregations(draw, depth):
    """Draw an aggregation."""
    clause = draw(pick(("", " by ({})", " without ({})"))).format(draw(labels))
    inner = draw(vectors(depth - 1))
    kind = draw(pick(("fold", "fold", "fold", "topk", "quantile", "count_values")))
    if kind == "fold":
        return f"{draw(pick(FOLDS))}{clause} ({inner})"
    if kind == "topk":
        count = draw(pick(("1", "2", "0", "5", "-1", "1.9", "NaN", "1e30")))
        return f"{draw(pick(('topk', 'bottomk')))}{clause} ({count}, {inner})"
    if kind == "quantile":
        return f"quantile{clause} ({draw(scalars(0))}, {inner})"
    return f'count_values{clause} ("{draw(pick(("v", "n", "i")))}", {inner})'


@st.composite
def operations(draw, depth):
    """Draw an operator of which a side is a vector."""
    left, right = draw(vectors(depth - 1)), draw(vectors(depth - 1))
    kind = draw(pick(("set", "vector", "vector", "left", "right")))
    clause = draw(pick(("", " on ({})", " ignoring ({})"))).format(draw(labels))
    if kind == "set":
        return f"({left} {draw(pick(SETS))}{clause} {right})"
    op = draw(pick((*ARITHMETIC, *COMPARISONS)))
    op += draw(pick(("", " bool"))) if op in COMPARISONS else ""
    if kind != "vector":
        number = draw(scalars(depth - 1))
        return f"({number} {op} {right})" if kind == "left" else f"({left} {op} {number})"
    group = draw(pick(("", "", f" group_left ({draw(pick(('', 'v', 'g')))})", " group_right ()"))) if clause else ""
    return f"({left} {op}{clause}{group} {right})"


@st.composite
def vectors(draw, depth):
    """Draw an instant vector, nested at most *depth* deep."""
    if not depth:
        return f"{draw(selectors())}{draw(shifts())}"
    kind = draw(pick(("selector", "call", "call", "aggregation", "operation", "negation")))
    match kind:
        case "selector":
            return draw(vectors(0))
        case "call":
            return draw(calls(depth))
        case "aggregation":
            return draw(aggregations(depth))
        case "operation":
            return draw(operations(depth))
        case _:
            return f"-{draw(vectors(depth - 1))}"


def expressions(depth=3):
    """Return a strategy for expressions that can be asked over time: vectors, and sometimes scalars."""
    return st.one_of(vectors(depth), vectors(depth), vectors(depth), scalars(depth))
