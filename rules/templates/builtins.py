"""The functions that Go's text/template brings along."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote_plus

from rules.templates.printing import sprint_shown
from rules.templates.values import (
    Arguments,
    Byte,
    Kind,
    Row,
    TemplateError,
    Value,
    kind_of,
    text,
    truth,
    type_name,
    whole,
)

_HTML = str.maketrans({'"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;", "\0": "\ufffd"})
_SCRIPT = {"\\": "\\\\", "'": "\\'", '"': '\\"', "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D"}


def element(container: Value, *keys: Value) -> Value:
    """Return what lies under *keys*, one after the other, in maps, results and texts (whose bytes it gives)."""
    if container is None:
        raise TemplateError("index of untyped nil")
    found: Value = container
    for key in keys:
        match kind_of(found):
            case Kind.MAP:
                found = _entry(found, key)
            case Kind.LIST | Kind.STRING:
                found = _at(found, key)
            case _:
                raise TemplateError(f"can't index item of type {type_name(found)}")
    return found


def _entry(found: Value, key: Value) -> Value:
    if not isinstance(found, Mapping):
        raise TypeError(found)
    return found.get(text(key), None if isinstance(found, Arguments) else "")


def _at(found: Value, key: Value) -> Value:
    items = _items(found)
    place = _place(key, len(items))
    if place == len(items):
        raise TemplateError(f"index out of range: {place}")
    return Byte(items[place]) if isinstance(items, bytes) else items[place]


def _items(value: Value) -> bytes | Sequence[Row]:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, list | tuple):
        return value
    raise TypeError(value)


def _place(key: Value, end: int) -> int:
    if kind_of(key) not in {Kind.INT, Kind.UINT}:
        raise TemplateError(f"cannot index slice/array with type {type_name(key)}")
    if not 0 <= whole(key) <= end:
        raise TemplateError(f"index out of range: {whole(key)}")
    return whole(key)


def part(container: Value, *places: Value) -> Value:
    """Return a part of a text (counted in bytes) or of a result, from the first place up to before the second."""
    if container is None:
        raise TemplateError("slice of untyped nil")
    if len(places) > _PLACES:
        raise TemplateError(f"too many slice indexes: {len(places)}")
    if kind_of(container) not in {Kind.STRING, Kind.LIST}:
        raise TemplateError(f"can't slice item of type {type_name(container)}")
    if kind_of(container) is Kind.STRING and len(places) == _PLACES:
        raise TemplateError("cannot 3-index slice a string")
    items = _items(container)
    bounds = [_place(place, len(items)) for place in places]
    begin, end, *_ = [*bounds, *[0, len(items)][len(bounds) :]]
    if [begin, end, *bounds[2:]] != sorted([begin, end, *bounds[2:]]):
        raise TemplateError(f"invalid slice index: {' > '.join(map(str, bounds))}")
    cut = items[begin:end]
    return cut.decode("utf-8", "surrogateescape") if isinstance(cut, bytes) else cut


_PLACES = 3


def length(value: Value) -> int:
    """Count the bytes of a text, or the elements of a map or result."""
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogateescape"))
    if isinstance(value, Mapping | list | tuple) and not isinstance(value, Row):
        return len(value)
    raise TemplateError(f"len of type {type_name(value)}")


def negation(value: Value) -> bool:
    """Tell whether ``if`` would not take its first branch."""
    return not truth(value)


def call(function: Value = None, *_: Value) -> Value:
    """Fail: no template of a rule can reach a function value."""
    if function is None:
        raise TemplateError("call of nil")
    raise TemplateError(f"non-function of type {type_name(function)}: write the function's name without call")


def html(*values: Value) -> str:
    """Print, escaped for HTML."""
    return sprint_shown(values).translate(_HTML)


def script(*values: Value) -> str:
    """Print, escaped for a string of JavaScript."""
    return "".join(_SCRIPT.get(char) or _in_script(char) for char in sprint_shown(values))


def _in_script(char: str) -> str:
    if char.isprintable():
        return char
    return f"\\u{ord(char):04X}"


def url_query(*values: Value) -> str:
    """Print, escaped for the query of a URL."""
    return quote_plus(sprint_shown(values), errors="surrogateescape")
