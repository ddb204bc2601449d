"""Functions of single numbers, with Go's answers where Python raises."""

import math
from collections.abc import Callable
from math import inf, isinf, isnan, nan

from rules.promql.arithmetic import divide

Numeric = Callable[[float], float]


def total_of(function: Numeric, *, at_zero: float = nan) -> Numeric:
    """Make *function* defined everywhere: NaN outside of its domain, *at_zero* for zero, infinity on overflow."""

    def everywhere(value: float) -> float:
        try:
            return function(value)
        except OverflowError:
            return inf
        except ValueError:
            return at_zero if value == 0 else nan

    return everywhere


def ceil(value: float) -> float:
    """Round up; infinities and NaN stay, and a zero has the sign of what it was made of."""
    return value if isinf(value) or isnan(value) else math.copysign(math.ceil(value), value)


def floor(value: float) -> float:
    """Round down; infinities and NaN stay, and a negative zero, too."""
    return value if isinf(value) or isnan(value) else math.copysign(math.floor(value), value)


def sgn(value: float) -> float:
    """Return the sign as -1, 0 or 1; NaN stays."""
    if value > 0:
        return 1.0
    return -1.0 if value < 0 else value


def sinh(value: float) -> float:
    """Return the hyperbolic sine; overflow keeps the sign."""
    return math.copysign(total_of(math.sinh)(abs(value)), value)


def atanh(value: float) -> float:
    """Return the inverse hyperbolic tangent; infinite at -1 and 1."""
    if abs(value) == 1:
        return math.copysign(inf, value)
    return total_of(math.atanh)(value)


def degrees(value: float) -> float:
    """Turn radians into degrees; Python's own function divides first, which rounds in another way."""
    return value * 180 / math.pi


def radians(value: float) -> float:
    """Turn degrees into radians; Python's own function divides first, which rounds in another way."""
    return value * math.pi / 180


def round_to(value: float, nearest: float) -> float:
    """Round to the nearest multiple of *nearest*, halves up."""
    inverse = divide(1.0, nearest)
    return divide(floor(value * inverse + 0.5), inverse)


def lower_bounded(value: float, bound: float) -> float:
    """Return the larger of the two; NaN when one is, except that nothing is larger than infinity."""
    if inf in (value, bound):
        return inf
    if value == bound == 0:
        return value + bound  # of two zeros the positive one is larger
    return nan if isnan(value) or isnan(bound) else max(value, bound)


def upper_bounded(value: float, bound: float) -> float:
    """Return the smaller of the two; NaN when one is, except that nothing is smaller than negative infinity."""
    if -inf in (value, bound):
        return -inf
    if value == bound == 0:
        return -(-value - bound)  # of two zeros the negative one is smaller
    return nan if isnan(value) or isnan(bound) else min(value, bound)


root = total_of(math.sqrt)
NUMERIC: dict[str, Numeric] = {
    "abs": abs,
    "acos": total_of(math.acos),
    "acosh": total_of(math.acosh),
    "asin": total_of(math.asin),
    "asinh": math.asinh,
    "atan": math.atan,
    "atanh": atanh,
    "ceil": ceil,
    "cos": total_of(math.cos),
    "cosh": total_of(math.cosh),
    "deg": degrees,
    "exp": total_of(math.exp),
    "floor": floor,
    "ln": total_of(math.log, at_zero=-inf),
    "log10": total_of(math.log10, at_zero=-inf),
    "log2": total_of(math.log2, at_zero=-inf),
    "rad": radians,
    "sgn": sgn,
    "sin": total_of(math.sin),
    "sinh": sinh,
    "sqrt": root,
    "tan": total_of(math.tan),
    "tanh": math.tanh,
}
