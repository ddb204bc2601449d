"""How Go prints values: ``%v`` of each type, and the verbs of printf."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from rules.templates.values import Row, TemplateError, Value, number, text, type_name

_VERB = re.compile(r"%([-+# 0]*)(\d*)(?:\.(\d*))?(.)", re.DOTALL)
_PLAIN_EXPONENTS = range(-4, 6)
_PLAIN_FROM, _PLAIN_BELOW = 1e-4, 1e6
"""Where Python writes no exponent either."""
_LONGEST = 4096


def show(value: Value) -> str:
    """Write a value as Go's ``%v`` does; raises TemplateError for a whole query result, which has no useful form."""
    if isinstance(value, Row):
        return f"{{{show(value.Labels)} {show(value.Value)}}}"
    if isinstance(value, Mapping):
        return "map[" + " ".join(f"{name}:{value[name]}" for name in sorted(value)) + "]"
    if isinstance(value, float):
        return shortest(value)
    if value is None or isinstance(value, str | int):
        return _constant(value)
    raise TemplateError("a query's whole result cannot be printed: write {{ range query ... }}, or `first`")


def _constant(value: str | int | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "<no value>" if value is None else str(value)


def shortest(value: float) -> str:
    """Write the fewest digits that give the number back, with an exponent where Go's ``%v`` uses one."""
    if _PLAIN_FROM <= abs(value) < _PLAIN_BELOW:
        return repr(value).removesuffix(".0")
    if not math.isfinite(value):
        return _unbounded(value)
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits)).strip("0") or "0"
    power = len(digits) - 1 + int(exponent) if value else 0
    if power in _PLAIN_EXPONENTS:
        return _plain(value)
    mantissa = text[0] + ("." + text[1:] if len(text) > 1 else "")
    return f"{'-' if sign else ''}{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"


def _plain(value: float) -> str:
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _unbounded(value: float) -> str:
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def general(value: float) -> str:
    """Write four significant digits, as Prometheus' humanize functions do (``%.4g``)."""
    return f"{value:.4g}" if math.isfinite(value) else _unbounded(value)


def sprint(values: Sequence[Value]) -> str:
    """Join values as Go's ``print``: a blank between two of which neither is a string."""
    joined = ""
    for index, value in enumerate(values):
        gap = index > 0 and not isinstance(value, str) and not isinstance(values[index - 1], str)
        joined += (" " if gap else "") + show(value)
    return joined


def sprintf(layout: str, values: Sequence[Value]) -> str:
    """Format as Go's ``printf``; a wrong type prints Go's ``%!d(float64=1.5)``, it is no error.

    A width or precision over 4096 raises TemplateError: it could only be a mistake.
    """
    given = iter(values)

    def replace(found: re.Match[str]) -> str:
        if found[4] == "%":
            return "%"
        value = next(given, _MISSING)
        return f"%!{found[4]}(MISSING)" if isinstance(value, _Missing) else _verb(found, value)

    text = _VERB.sub(replace, layout)
    extra = [f"{type_name(value)}={show(value)}" for value in given]
    return text + (f"%!(EXTRA {', '.join(extra)})" if extra else "")


class _Missing:
    """Stands for an argument that was not given; None is a value."""


_MISSING = _Missing()


def _verb(found: re.Match[str], value: Value) -> str:
    flags, width, precision, verb = found[1], int(found[2] or 0), found[3], found[4]
    if max(width, int(precision or 0)) > _LONGEST:
        raise TemplateError(f"printf {found[0]!r} asks for more than {_LONGEST} characters: write a smaller number")
    body = _body(verb, value, None if precision is None else int(precision or 0), flags)
    if body is None:
        return f"%!{verb}({type_name(value)}={show(value)})"
    return _pad(body, flags, width)


def _pad(body: str, flags: str, width: int) -> str:
    if "-" in flags:
        return body.ljust(width)
    if "0" in flags and body.lstrip("+-")[:1].isdigit():
        return body.zfill(width)
    return body.rjust(width)


def _body(verb: str, value: Value, precision: int | None, flags: str) -> str | None:
    if verb == "v":
        return _signed(show(value), value, flags)
    writer = _WRITERS.get((verb, type_name(value)))
    return None if writer is None else _signed(writer(value, precision, verb), value, flags)


def _signed(text: str, value: Value, flags: str) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool) and text[:1] not in {"-", "+"}
    return ("+" if "+" in flags else " " if " " in flags else "") + text if number else text


def _float(value: Value, precision: int | None, verb: str) -> str:
    plain = number(value)
    if not math.isfinite(plain):
        return _unbounded(plain)
    if precision is None and verb in "gG":
        return shortest(plain) if verb == "g" else shortest(plain).upper()
    return format(plain, f".{6 if precision is None else precision}{verb}")


def _integer(value: Value, _precision: int | None, verb: str) -> str:
    return format(int(number(value)), verb)


def _string(value: Value, precision: int | None, _verb: str) -> str:
    return text(value)[:precision]


def _quoted(value: Value, _precision: int | None, _verb: str) -> str:
    escaped = "".join(_ESCAPES.get(char, char) for char in text(value))
    return f'"{escaped}"'


def _hexadecimal(value: Value, _precision: int | None, verb: str) -> str:
    encoded = text(value).encode().hex()
    return encoded.upper() if verb == "X" else encoded


def _truth(value: Value, _precision: int | None, _verb: str) -> str:
    return show(value)


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_WRITERS: Mapping[tuple[str, str], Callable[[Value, int | None, str], str]] = {
    **{(verb, "float64"): _float for verb in "eEfFgG"},
    **{(verb, "int"): _integer for verb in "dxXobc"},
    **{(verb, "string"): _hexadecimal for verb in "xX"},
    ("s", "string"): _string,
    ("q", "string"): _quoted,
    ("t", "bool"): _truth,
}
