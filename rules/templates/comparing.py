"""Go's comparisons: what may be compared with what, and how."""

from typing import Any

from rules.templates.values import Facts, Kind, Row, TemplateError, Value, kind_of, type_name, whole

_UNEQUAL_BY_NATURE = frozenset({Kind.MAP, Kind.LIST})
_WHOLE = frozenset({Kind.INT, Kind.UINT})
_ORDERED = frozenset({Kind.INT, Kind.UINT, Kind.FLOAT, Kind.STRING})
_BASIC = _ORDERED | {Kind.BOOL}


def equal(first: Value, *others: Value) -> bool:
    """Tell whether one of *others* equals *first*; raises TemplateError for types that Go does not compare."""
    _check_comparable(first)
    if not others:
        raise TemplateError("missing argument for comparison")
    return any(_same(first, other) for other in others)


def unequal(one: Value, other: Value) -> bool:
    """Tell whether two values differ; raises as ``equal``."""
    return not equal(one, other)


def less(one: Value, other: Value) -> bool:
    """Tell whether *one* comes before *other*; raises TemplateError for what has no order."""
    left, right = _basic(one), _basic(other)
    if left in _WHOLE and right in _WHOLE:
        return whole(one) < whole(other)
    if left is not right:
        raise TemplateError(_incompatible(one, other))
    if left not in _ORDERED:
        raise TemplateError("invalid type for comparison: only numbers and strings have an order")
    return _before(one, other)


def less_or_equal(one: Value, other: Value) -> bool:
    """Tell whether *one* does not come behind *other*; raises as ``less``."""
    return less(one, other) or equal(one, other)


def greater(one: Value, other: Value) -> bool:
    """Tell whether *one* comes behind *other*; NaN does, behind everything, as in Go's templates."""
    return not less_or_equal(one, other)


def greater_or_equal(one: Value, other: Value) -> bool:
    """Tell whether *one* does not come before *other*; raises as ``less``."""
    return not less(one, other)


def _before(one: Any, other: Any) -> bool:  # noqa: ANN401 - two floats or two strings, as the kinds have shown
    return bool(one < other)


def _same(one: Value, other: Value) -> bool:
    left, right = kind_of(one), kind_of(other)
    if left in _WHOLE and right in _WHOLE:
        return whole(one) == whole(other)
    if Kind.NIL in {left, right}:
        return left is right
    if _group(left) is not _group(right):
        raise TemplateError(_incompatible(one, other))
    _check_comparable(other)
    if isinstance(one, Row):
        return one is other  # two pointers
    return one == other


def _group(kind: Kind) -> Kind | None:
    return kind if kind in _BASIC else None


def _check_comparable(value: Value) -> None:
    if kind_of(value) in _UNEQUAL_BY_NATURE or isinstance(value, Facts):
        raise TemplateError(f"non-comparable type {type_name(value)}: compare a field of it")


def _basic(value: Value) -> Kind:
    if kind_of(value) not in _BASIC:
        raise TemplateError(f"invalid type for comparison: {type_name(value)}")
    return kind_of(value)


def _incompatible(one: Value, other: Value) -> str:
    return (
        f"incompatible types for comparison: {type_name(one)} and {type_name(other)}; "
        "a sample's value is a float, so compare it with 5.0, not with 5"
    )
