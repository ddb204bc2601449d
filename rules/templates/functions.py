"""The functions of templates by name: Go's own, and those that Prometheus adds."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import quote_plus, unquote, urlsplit

from rules.durations import DurationError, parse_duration
from rules.promql.captures import Capturing, replace_all
from rules.promql.errors import QueryError
from rules.promql.regex import translate
from rules.templates import builtins, comparing, humanize
from rules.templates.moments import moment, span
from rules.templates.printing import LONGEST, sprint, sprintf, sprintln
from rules.templates.values import Arguments, Facts, Html, Pointer, Row, TemplateError, Value, number, text, type_name

Call = Callable[..., Value]
_MOST_REPLACED = 100_000_000
"""Characters of the text times those of the replacement."""


class Function(NamedTuple):
    """What a function does, and how many arguments it takes; no *most* for any number."""

    call: Call
    least: int
    most: int | None


def _label(name: Value, row: Value) -> str:
    return _row(row).Labels.get(text(name), "")


def _value(row: Value) -> float:
    return _row(row).Value


def _row(value: Value) -> Row:
    if isinstance(value, Row):
        return value
    raise TemplateError(f"one element of a query's result is needed, not {type_name(value)}")


def _rows(value: Value) -> Sequence[Row]:
    if value is None:
        return []
    if isinstance(value, list | tuple) and not isinstance(value, Row):
        return value
    raise TemplateError(f"a query's result is needed, not {type_name(value)}")


def _first(rows: Value) -> Row:
    if not (found := _rows(rows)):
        raise TemplateError("first() called on vector with no elements")
    return found[0]


def _sorted(name: Value, rows: Value) -> Sequence[Row]:
    ordered = sorted(_rows(rows), key=lambda row: row.Labels.get(text(name), ""))
    if isinstance(rows, list):
        rows[:] = ordered  # as in Prometheus: the variable that holds the result is sorted from now on, too
    return ordered


def _string_value(row: Value) -> str:
    return _row(row).Labels.get("__value__", "")


def _pattern(pattern: Value) -> Capturing:
    try:
        return translate(text(pattern), dot_all=False)
    except QueryError as error:
        raise TemplateError(str(error)) from None


def _match(pattern: Value, subject: Value) -> bool:
    return _pattern(pattern).search(text(subject), 0) is not None


def _replace_all(pattern: Value, replacement: Value, subject: Value) -> str:
    if len(text(subject)) * len(text(replacement)) > _MOST_REPLACED:
        raise TemplateError("reReplaceAll could write a text without bound: give it shorter texts")
    return replace_all(_pattern(pattern), text(subject), text(replacement))


_WORD = re.compile(r"(?:^|(?<=[\x00-/:-@[-^`{-\x7f])|(?<=\s))\w")
"""The first sign of a word, as Go's ``strings.Title`` finds it: behind all in ASCII but letters, digits and ``_``."""


def _title(value: Value) -> str:
    return _WORD.sub(lambda found: _upper(found[0]), text(value))


def _upper(subject: str) -> str:
    """Raise letter by letter, as Go does: those that would become several stay."""
    return "".join(raised if len(raised := char.upper()) == 1 else char for char in subject)


def _lower(subject: str) -> str:
    return "".join(char.lower()[:1] for char in subject)


def _host_and_port(address: str) -> tuple[str, str] | None:
    """Split as Go's ``net.SplitHostPort`` does; None for what it refuses, as an address without a port."""
    host, colon, port = address.rpartition(":")
    if not colon:
        return None
    inner = host[1:-1] if host[:1] == "[" and host[-1:] == "]" else host
    if inner == host and ":" in host:
        return None
    return None if set("[]") & set(inner + port) else (inner, port)


def _strip_port(value: Value) -> str:
    parts = _host_and_port(text(value))
    return text(value) if parts is None else parts[0]


def _strip_domain(value: Value) -> str:
    host, port = _host_and_port(text(value)) or (text(value), "")
    if _is_address(host):
        return text(value)
    host = host.partition(".")[0]
    return f"{f'[{host}]' if ':' in host else host}:{port}" if port else host


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return "%" not in host


def _parse_duration(value: Value) -> float:
    negative = text(value).startswith("-")
    try:
        seconds = parse_duration(text(value).removeprefix("-")) / 1000
    except DurationError as error:
        raise TemplateError(str(error)) from None
    return math.copysign(seconds, -1) if negative else seconds


def _arguments(*values: Value) -> Arguments:
    return Arguments({f"arg{index}": value for index, value in enumerate(values)})


def _escaped(value: Value) -> str:
    return quote_plus(text(value), errors="surrogateescape")


def _path(url: str) -> str:
    """Return the path of Medic's own address without a slash at its end, as Prometheus keeps it."""
    return unquote(urlsplit(url).path, errors="surrogateescape").rstrip("/")


def _fixed(call: Call, number_of_arguments: int) -> Function:
    return Function(call, number_of_arguments, number_of_arguments)


FUNCTIONS: Mapping[str, Function] = {
    "call": Function(builtins.call, 1, None),
    "eq": Function(comparing.equal, 1, None),
    "ge": _fixed(comparing.greater_or_equal, 2),
    "gt": _fixed(comparing.greater, 2),
    "html": Function(builtins.html, 0, None),
    "index": Function(builtins.element, 1, None),
    "js": Function(builtins.script, 0, None),
    "le": _fixed(comparing.less_or_equal, 2),
    "len": _fixed(builtins.length, 1),
    "lt": _fixed(comparing.less, 2),
    "ne": _fixed(comparing.unequal, 2),
    "not": _fixed(builtins.negation, 1),
    "print": Function(lambda *values: sprint(values), 0, None),
    "printf": Function(lambda layout, *values: sprintf(text(layout), values), 1, None),
    "println": Function(lambda *values: sprintln(values), 0, None),
    "slice": Function(builtins.part, 1, None),
    "urlquery": Function(builtins.url_query, 0, None),
    "args": Function(_arguments, 0, None),
    "first": _fixed(_first, 1),
    "graphLink": _fixed(lambda expression: f"/graph?g0.expr={_escaped(expression)}&g0.tab=0", 1),
    "humanize": _fixed(lambda value: humanize.humanize(number(value)), 1),
    "humanize1024": _fixed(lambda value: humanize.humanize_1024(number(value)), 1),
    "humanizeDuration": _fixed(lambda value: humanize.humanize_duration(number(value)), 1),
    "humanizePercentage": _fixed(lambda value: humanize.humanize_percentage(number(value)), 1),
    "humanizeTimestamp": _fixed(lambda value: humanize.humanize_timestamp(number(value)), 1),
    "label": _fixed(_label, 2),
    "match": _fixed(_match, 2),
    "parseDuration": _fixed(_parse_duration, 1),
    "reReplaceAll": _fixed(_replace_all, 3),
    "safeHtml": _fixed(lambda value: Html(text(value)), 1),
    "sortByLabel": _fixed(_sorted, 2),
    "stripDomain": _fixed(_strip_domain, 1),
    "stripPort": _fixed(_strip_port, 1),
    "strvalue": _fixed(_string_value, 1),
    "tableLink": _fixed(lambda expression: f"/graph?g0.expr={_escaped(expression)}&g0.tab=1", 1),
    "title": _fixed(_title, 1),
    "toDuration": _fixed(lambda value: Pointer(span(number(value))), 1),
    "toLower": _fixed(lambda value: _lower(text(value)), 1),
    "toTime": _fixed(lambda value: Pointer(moment(number(value))), 1),
    "toUpper": _fixed(lambda value: _upper(text(value)), 1),
    "urlQueryEscape": _fixed(_escaped, 1),
    "value": _fixed(_value, 1),
}
"""Those that need nothing but their arguments; they raise TemplateError."""

LAZY = frozenset({"and", "or"})
"""Those whose later arguments are computed only when they are needed."""

OF_THE_HOST: Mapping[str, Callable[[Facts], Function]] = {
    "externalURL": lambda facts: _fixed(lambda: facts.external_url, 0),
    "now": lambda facts: _fixed(lambda: facts.at_ms / 1000, 0),
    "pathPrefix": lambda facts: _fixed(lambda: _path(facts.external_url), 0),
    "query": lambda facts: _fixed(lambda expression: facts.query(text(expression)), 1),
}
"""Those that ask the facts."""


_NEWER = frozenset({"now", "toDuration", "urlQueryEscape"})


def is_known(name: str) -> bool:
    """Tell whether a template may call *name*."""
    return name in FUNCTIONS or name in LAZY or name in OF_THE_HOST


def was_known(name: str) -> bool:
    """Tell whether a template for Prometheus 2.42 may call *name*."""
    return is_known(name) and name not in _NEWER


def applied(name: str, function: Function, arguments: Sequence[Value]) -> Value:
    """Call a function; raises TemplateError for arguments that it does not take, and for texts without bound."""
    call, least, most = function
    if len(arguments) < least or (most is not None and len(arguments) > most):
        wanted = f"want {least}" if most == least else f"want at least {least}"
        raise TemplateError(f"wrong number of args for {name}: {wanted} got {len(arguments)}")
    try:
        result = call(*arguments)
    except (TemplateError, ValueError, OverflowError) as error:
        said = str(error)
        raise TemplateError(said if said.startswith(name) else f"error calling {name}: {said}") from None
    if isinstance(result, str) and len(result) > LONGEST:
        raise TemplateError(f"{name} gives a text of more than {LONGEST} characters")
    return result
