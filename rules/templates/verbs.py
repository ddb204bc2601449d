"""How Go's printf writes any value, down into maps, lists and structs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from rules.templates.moments import go_syntax, month_name, weekday_name, write_moment, write_span
from rules.templates.scalars import Form, integer, real, string
from rules.templates.values import (
    Arguments,
    Facts,
    Kind,
    Moment,
    Month,
    Pointer,
    Row,
    Span,
    TemplateError,
    Value,
    Weekday,
    kind_of,
    type_name,
    whole,
)

PLAIN = Form()
_ADDRESSES = frozenset({Kind.POINTER, Kind.MAP, Kind.LIST})


def written(value: Value, verb: str, form: Form = PLAIN, *, deep: bool = False, raw: bool = False) -> str:
    """Write a value; a verb that does not fit writes Go's ``%!d(string=a)``, it is no error.

    *deep* is for what lies within a map, list or struct; *raw* forgets that times and months have words.
    Raises TemplateError for an address in memory.
    """
    if value is None:
        return _nil(verb, form, deep=deep)
    if verb == "T" and not deep:
        return form.cut(type_name(value))
    if verb == "p" and kind_of(value) in _ADDRESSES:
        return _address(value)
    words = None if raw else _words(value, verb, form)
    if words is not None:
        found = string(words, "s" if form.syntax else verb, form)
    else:
        found = _of_kind(value, verb, form, deep=deep)
    return _mistaken(value, verb, form) if found is None else found


def _nil(verb: str, form: Form, *, deep: bool) -> str:
    if deep:
        return "interface {}(nil)" if form.syntax else "<nil>"
    return form.cut("<nil>") if verb == "T" else form.pad("<nil>") if verb == "v" else f"%!{verb}(<nil>)"


def _mistaken(value: Value, verb: str, form: Form) -> str:
    return f"%!{verb}({type_name(value)}={written(value, 'v', form, raw=True)})"


def _address(value: Value) -> str:
    raise TemplateError(f"the address of a {type_name(value)} is not printed: print what it holds")


def _words(value: Value, verb: str, form: Form) -> str | None:
    """Return what a time, duration, month or weekday says of itself."""
    held = value.to if isinstance(value, Pointer) else value
    if form.syntax and verb == "v":
        return go_syntax(held) if isinstance(held, Moment) else None
    if verb not in "vsxXq":
        return None
    return next((write(held) for kind, write in _WRITERS.items() if isinstance(held, kind)), None)


_WRITERS: Mapping[type, Callable[..., str]] = {
    Moment: write_moment,
    Span: write_span,
    Month: month_name,
    Weekday: weekday_name,
}


def _of_kind(value: Value, verb: str, form: Form, *, deep: bool) -> str | None:
    match value:
        case bool():
            return form.pad("true" if value else "false") if verb in "tv" else None
        case float():
            return real(value, verb, form)
        case str():
            return string(value, verb, form)
        case int() | Span():
            if form.syntax and kind_of(value) is Kind.UINT:
                return integer(whole(value), "x", replace(form, sharp=True))
            return integer(whole(value), verb, form)
        case _:
            return _composite(value, verb, form, deep=deep)


def _composite(value: Value, verb: str, form: Form, *, deep: bool) -> str:
    match value:
        case Facts():
            return _struct(type_name(value), value.fields(), verb, form)
        case Row() if not deep:
            return "&" + struct(value, verb, form)
        case Row():
            return _address(value) if verb in "vbodxX" else _mistaken(value, verb, form)
        case Mapping():
            return _map(value, verb, form)
        case list() | tuple():
            inner = _joined((written(each, verb, form, deep=True) for each in value), form)
            return f"{type_name(value)}{{{inner}}}" if form.syntax else f"[{inner}]"
        case _:
            raise TemplateError(f"the inside of a {type_name(value)} is not printed: use %v, or one of its methods")


def struct(row: Row, verb: str, form: Form = PLAIN) -> str:
    """Write an element of a result without the sign of a pointer."""
    return _struct("template.sample", row._asdict(), verb, form)


def _struct(name: str, parts: Mapping[str, Value], verb: str, form: Form) -> str:
    names = form.names or form.syntax
    inner = _joined(
        ((f"{field}:" if names else "") + written(each, verb, form, deep=True) for field, each in parts.items()), form
    )
    return f"{name if form.syntax else ''}{{{inner}}}"


def _map(value: Mapping[str, str] | Arguments, verb: str, form: Form) -> str:
    pairs = (
        f"{written(name, verb, form, deep=True)}:{written(value[name], verb, form, deep=True)}"
        for name in sorted(value)
    )
    inner = _joined(pairs, form)
    return f"{type_name(value)}{{{inner}}}" if form.syntax else f"map[{inner}]"


def _joined(parts: Iterable[str], form: Form) -> str:
    return (", " if form.syntax else " ").join(parts)
