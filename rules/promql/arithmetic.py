"""The operators between two numbers, with Go's answers where Python raises."""

import math
import operator
from collections.abc import Callable
from math import inf, nan

Operator = Callable[[float, float], float]


def divide(left: float, right: float) -> float:
    """Divide; by zero gives an infinity, or NaN."""
    if right:
        return left / right
    if left != left or left == 0 or right != right:  # noqa: PLR0124 - only a NaN differs from itself
        return nan
    return math.copysign(inf, left) * math.copysign(1.0, right)


def modulo(left: float, right: float) -> float:
    """Return the remainder with the sign of *left*; NaN where there is none."""
    try:
        return math.fmod(left, right)
    except ValueError:
        return nan


def power(left: float, right: float) -> float:
    """Raise *left* to *right*; overflow and division by zero give infinities, the rest that is undefined NaN."""
    odd = math.isfinite(right) and right == int(right) and int(right) % 2 == 1
    try:
        return math.pow(left, right)
    except OverflowError:
        return -inf if left < 0 and odd else inf
    except ValueError:
        if left == 0:
            return math.copysign(inf, left) if odd else inf
        return nan


ARITHMETIC: dict[str, Operator] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": divide,
    "%": modulo,
    "^": power,
    "atan2": math.atan2,
}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
