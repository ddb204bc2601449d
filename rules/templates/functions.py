"""The functions of templates: Go's built-in ones and those that Prometheus adds, by name."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote_plus

from rules.durations import DurationError, parse_duration
from rules.templates import humanize
from rules.templates.printing import show, sprint, sprintf
from rules.templates.values import Facts, Row, TemplateError, Value, number, text, truth, type_name

Function = Callable[..., Value]


def _index(container: Value, *keys: Value) -> Value:
    found = container
    for key in keys:
        if isinstance(found, Mapping):
            found = found.get(text(key), "")
        elif isinstance(found, str | Sequence) and not isinstance(found, Row) and isinstance(key, int):
            found = _element(found, key)
        else:
            raise TemplateError(f"cannot index {type_name(found)} with {type_name(key)}")
    return found


def _element(found: str | Sequence[Row], key: int) -> Value:
    if not 0 <= key < len(found):
        raise TemplateError(f"index out of range: {key}")
    return found[key].encode()[0] if isinstance(found, str) else found[key]


def _length(value: Value) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, Mapping | Sequence) and not isinstance(value, Row):
        return len(value)
    raise TemplateError(f"len of type {type_name(value)}")


def _kind(value: Value) -> str:
    kind = type_name(value)
    if kind not in {"bool", "int", "float64", "string", "<nil>"}:
        raise TemplateError(f"invalid type for comparison: {kind}")
    return kind


def _equal(first: Value, *others: Value) -> bool:
    if not others:
        raise TemplateError("missing argument for comparison")
    return any(_same(first, other) for other in others)


def _same(one: Value, other: Value) -> bool:
    if None not in {_kind(one) == "<nil>" or None, _kind(other) == "<nil>" or None}:
        return True
    if _kind(one) != _kind(other):
        raise TemplateError(_incompatible(one, other))
    return one == other


def _less(one: Value, other: Value) -> bool:
    if _kind(one) != _kind(other):
        raise TemplateError(_incompatible(one, other))
    if isinstance(one, str) and isinstance(other, str):
        return one < other
    if isinstance(one, bool) or one is None:
        raise TemplateError("invalid type for comparison: only numbers and strings have an order")
    return number(one) < number(other)


def _incompatible(one: Value, other: Value) -> str:
    return (
        f"incompatible types for comparison: {type_name(one)} and {type_name(other)}; "
        "a sample's value is a float, so compare it with 5.0, not with 5"
    )


def _label(name: Value, row: Value) -> str:
    return _row(row).Labels.get(text(name), "")


def _value(row: Value) -> float:
    return _row(row).Value


def _row(value: Value) -> Row:
    if isinstance(value, Row):
        return value
    raise TemplateError(f"one element of a query's result is needed, not {type_name(value)}")


def _rows(value: Value) -> Sequence[Row]:
    if isinstance(value, list | tuple) and not isinstance(value, Row):
        return value
    raise TemplateError(f"a query's result is needed, not {type_name(value)}")


def _first(rows: Value) -> Row:
    if not (found := _rows(rows)):
        raise TemplateError("first() called on vector with no elements")
    return found[0]


def _sorted(name: Value, rows: Value) -> Sequence[Row]:
    return sorted(_rows(rows), key=lambda row: row.Labels.get(text(name), ""))


def _string_value(row: Value) -> str:
    return _row(row).Labels.get("__value__", "")


def _pattern(pattern: Value) -> re.Pattern[str]:
    try:
        return re.compile(text(pattern))
    except re.error as error:
        raise TemplateError(f"{text(pattern)!r} is not a regular expression: {error}") from None


def _match(pattern: Value, subject: Value) -> bool:
    return _pattern(pattern).search(text(subject)) is not None


_REFERENCE = re.compile(r"\$(?:(\$)|\{(\w+)\}|(\w+))")


def _replace_all(pattern: Value, replacement: Value, subject: Value) -> str:
    template = text(replacement)

    def expand(found: re.Match[str]) -> str:
        return _REFERENCE.sub(lambda reference: _group(found, reference), template)

    return _pattern(pattern).sub(expand, text(subject))


def _group(found: re.Match[str], reference: re.Match[str]) -> str:
    dollar, braced, bare = reference.groups()
    name = braced or bare or ""
    if dollar:
        return "$"
    if name.isdigit():
        return (found[int(name)] or "") if int(name) <= found.re.groups else ""
    return found.groupdict().get(name) or ""


def _title(value: Value) -> str:
    return re.sub(r"(?<![\w'])[^\W\d_]", lambda found: found[0].upper(), text(value))


def _upper(value: Value) -> str:
    return text(value).upper()


def _lower(value: Value) -> str:
    return text(value).lower()


def _strip_port(value: Value) -> str:
    found = re.fullmatch(r"\[([^]]*)\]:\w*|([^:]*):\w*", text(value))
    return text(value) if found is None else found[1] or found[2] or ""


def _strip_domain(value: Value) -> str:
    found = re.fullmatch(r"(.*?)(:\d+)?", text(value), re.DOTALL)
    host, port = (found[1], found[2] or "") if found else (text(value), "")
    if re.fullmatch(r"[\d.]+|\[?[0-9a-fA-F:]*:[0-9a-fA-F:.]*\]?", host):
        return host + port
    return host.partition(".")[0] + port


def _parse_duration(value: Value) -> float:
    negative = text(value).startswith("-")
    try:
        seconds = parse_duration(text(value).removeprefix("-")) / 1000
    except DurationError as error:
        raise TemplateError(str(error)) from None
    return math.copysign(seconds, -1) if negative else seconds


def _not(value: Value) -> bool:
    return not truth(value)


def _println(*values: Value) -> str:
    return " ".join(show(value) for value in values) + "\n"


def _as_is(value: Value) -> Value:
    return value


FUNCTIONS: Mapping[str, Function] = {
    "not": _not,
    "index": _index,
    "len": _length,
    "eq": _equal,
    "ne": lambda one, other: not _same(one, other),
    "lt": _less,
    "le": lambda one, other: _less(one, other) or _same(one, other),
    "gt": lambda one, other: not (_less(one, other) or _same(one, other)),
    "ge": lambda one, other: not _less(one, other),
    "print": lambda *values: sprint(values),
    "printf": lambda layout, *values: sprintf(text(layout), values),
    "println": _println,
    "urlquery": lambda *values: quote_plus(sprint(values)),
    "first": _first,
    "label": _label,
    "value": _value,
    "strvalue": _string_value,
    "sortByLabel": _sorted,
    "humanize": lambda value: humanize.humanize(number(value)),
    "humanize1024": lambda value: humanize.humanize_1024(number(value)),
    "humanizeDuration": lambda value: humanize.humanize_duration(number(value)),
    "humanizePercentage": lambda value: humanize.humanize_percentage(number(value)),
    "humanizeTimestamp": lambda value: humanize.humanize_timestamp(number(value)),
    "title": _title,
    "toUpper": _upper,
    "toLower": _lower,
    "stripPort": _strip_port,
    "stripDomain": _strip_domain,
    "match": _match,
    "reReplaceAll": _replace_all,
    "parseDuration": _parse_duration,
    "safeHtml": _as_is,
}
"""Those that need nothing but their arguments; they raise TemplateError, or TypeError for a wrong number of them."""

LAZY = frozenset({"and", "or"})
"""Those whose later arguments are computed only when they are needed."""

OF_THE_HOST: Mapping[str, Callable[[Facts], Function]] = {
    "query": lambda facts: lambda expression: facts.query(text(expression)),
    "externalURL": lambda facts: lambda: facts.external_url,
}
"""Those that ask the facts."""

REFUSED = frozenset(
    {"args", "call", "graphLink", "html", "js", "now", "pathPrefix", "slice", "tableLink", "tmpl", "toDuration"}
    | {"toTime", "urlQueryEscape"}
)
"""Those that Prometheus or Go know and that are not supported here."""


def is_known(name: str) -> bool:
    """Tell whether a template may call *name*; raises TemplateError for what Prometheus knows and Medic does not."""
    if name in REFUSED:
        raise TemplateError(f"the template function {name} is not supported by Medic: write the text without it")
    return name in FUNCTIONS or name in LAZY or name in OF_THE_HOST
