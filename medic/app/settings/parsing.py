"""From a tree to a section, or to every mistake in it: what is wrong, and what to write instead."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from difflib import get_close_matches
from enum import StrEnum
from functools import partial
from pathlib import Path as FilePath
from types import NoneType, UnionType
from typing import Annotated, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from medic.app.settings.mistakes import Finding, Path
from medic.app.settings.sections import (
    AfterValidator,
    BeforeValidator,
    Bounds,
    PathValidator,
    PlainValidator,
    SecretStr,
    Section,
    WrongValueError,
    keys_of,
    rest_of,
)

S = TypeVar("S", bound=Section)
R = TypeVar("R")

SINGLE: Mapping[object, tuple[type | UnionType, tuple[str, str]]] = {
    bool: (bool, ("is not true or false", "write true or false")),
    int: (int, ("is not a whole number", "write digits alone, such as 3")),
    float: (int | float, ("is not a number", "write digits alone, such as 3 or 1.5")),
}
"""What stands alone, and what to say of anything else; `kinds` has readers for what files write differently."""


class Place(NamedTuple):
    """Where a value stands, and what its paths are relative to."""

    path: Path
    folder: FilePath

    def at(self, key: str | int) -> "Place":
        """Return the place of an entry."""
        return Place((*self.path, key), self.folder)


class Refusal(Exception):  # noqa: N818 - never seen outside: it carries findings to who gathers them
    """A value has mistakes."""

    def __init__(self, *findings: Finding) -> None:
        """Keep them."""
        super().__init__()
        self.findings = findings


def parse(kind: type[S], tree: object, folder: FilePath) -> tuple[S | None, list[Finding]]:
    """Read *tree* as a section of a *kind*; None, and every mistake, when it has any.

    *folder* is what paths are relative to.
    """
    try:
        return _section(kind, tree, Place((), folder)), []
    except Refusal as refusal:
        return None, list(refusal.findings)


def hints(kind: type[Section]) -> Mapping[str, object]:
    """Return the annotations of a section by key."""
    return get_type_hints(kind, include_extras=True)


def _section(kind: type[S], tree: object, place: Place) -> S:
    if not isinstance(tree, dict):
        raise _refusal(place, "is not a mapping", "write key: value lines, or {} for the defaults")
    known, wrong = hints(kind), list(_missing(kind, tree, place))
    own = {key: value for key, value in tree.items() if key in keys_of(kind)}
    values = {key: _gather(known[key], value, place.at(key), wrong) for key, value in own.items()}
    others = {key: value for key, value in tree.items() if key not in own}
    if (rest := rest_of(kind)) is not None:
        hint = get_args(known[rest])[1]
        values[rest] = {key: _gather(hint, value, place.at(key), wrong) for key, value in others.items()}
    else:
        wrong += [_unknown(kind, place.at(key)) for key in others]
    if wrong:
        raise Refusal(*wrong)
    return _applied(lambda _: kind(**values), None, place).with_said(own)  # type: ignore[arg-type]  # read as annotated


def _missing(kind: type[Section], tree: Mapping[str, object], place: Place) -> Iterable[Finding]:
    for each in fields(kind):
        if each.default is MISSING and each.default_factory is MISSING and each.name not in tree:
            yield Finding((*place.path, each.name), "is missing", f"add {each.name}: ...")


def _unknown(kind: type[Section], place: Place) -> Finding:
    near = get_close_matches(str(place.path[-1]), keys_of(kind), n=1)
    advice = f"did you mean {near[0]}?" if near else f"the keys here are {', '.join(keys_of(kind))}"
    return Finding(place.path, "unknown key", advice)


def _gather(hint: object, value: object, place: Place, wrong: list[Finding]) -> object:
    """Read a value, and put what is wrong with it to the rest."""
    try:
        return _value(hint, value, place)
    except Refusal as refusal:
        wrong += refusal.findings
        return None


def _value(hint: object, value: object, place: Place) -> object:
    """Read a value as its annotation says; raises Refusal."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _marked(args[0], args[1:], value, place)
    if NoneType in args:
        return None if value is None else _value(next(each for each in args if each is not NoneType), value, place)
    if origin is tuple:
        return _list(args[0], value, place)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(args[0], args[1], value, place)
    if isinstance(hint, type) and issubclass(hint, Section):
        return _section(hint, value, place)
    return _plain(hint, value, place)


def _marked(hint: object, marks: tuple[object, ...], value: object, place: Place) -> object:
    """Read a value with what stands beside its type: the last mark is the outermost."""
    if not marks:
        return _value(hint, value, place)
    last = marks[-1]
    if isinstance(last, PlainValidator):
        return _applied(last.read, value, place)
    if isinstance(last, PathValidator):
        return _applied(partial(last.read, folder=place.folder), value, place)
    before = _applied(last.read, value, place) if isinstance(last, BeforeValidator) else value
    found = _marked(hint, marks[:-1], before, place)
    if isinstance(last, AfterValidator):
        return _applied(last.read, found, place)
    return _bounded(last, found, place) if isinstance(last, Bounds) else found


def _applied(read: Callable[[object], R], value: object, place: Place) -> R:
    try:
        return read(value)
    except WrongValueError as error:
        raise _refusal(place, error.text, error.advice) from error


def _bounded(bounds: Bounds, value: object, place: Place) -> object:
    if isinstance(value, int | float):
        if (bounds.ge is not None and value < bounds.ge) or (bounds.gt is not None and value <= bounds.gt):
            least = f"at least {bounds.ge}" if bounds.ge is not None else f"more than {bounds.gt}"
            raise _refusal(place, "is too small", f"write {least}")
        if bounds.le is not None and value > bounds.le:
            raise _refusal(place, "is too large", f"write at most {bounds.le}")
    elif isinstance(value, str | tuple):
        if len(value) < bounds.min_length:
            advice = "write something, or remove it" if isinstance(value, str) else "write at least one entry"
            raise _refusal(place, "is empty", advice)
        if bounds.max_length is not None and len(value) > bounds.max_length:
            raise _refusal(place, "is too long", f"write at most {bounds.max_length} letters")
    return value


def _list(hint: object, value: object, place: Place) -> tuple[object, ...]:
    if not isinstance(value, list | tuple):
        raise _refusal(place, "is not a list", "write [one, two], or a line with - for each")
    wrong: list[Finding] = []
    found = tuple([_gather(hint, each, place.at(index), wrong) for index, each in enumerate(value)])
    if wrong:
        raise Refusal(*wrong)
    return found


def _mapping(key_hint: object, hint: object, value: object, place: Place) -> dict[object, object]:
    if not isinstance(value, dict):
        raise _refusal(place, "is not a mapping", "write key: value lines")
    wrong: list[Finding] = []
    found = {
        _gather(key_hint, key, place.at(key), wrong): _gather(hint, each, place.at(key), wrong)
        for key, each in value.items()
    }
    if wrong:
        raise Refusal(*wrong)
    return found


def _plain(hint: object, value: object, place: Place) -> object:
    """Read a value that stands alone."""
    if hint is str or hint is SecretStr:
        if not isinstance(value, str):
            raise _refusal(place, "is not text", "put it in quotes")
        return SecretStr(str(value)) if hint is SecretStr else str(value)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _choice(hint, value, place)
    wanted, advice = SINGLE[hint]
    if isinstance(value, wanted) and isinstance(value, bool) == (hint is bool):
        return value
    raise _refusal(place, *advice)


def _choice(choices: type[StrEnum], value: object, place: Place) -> StrEnum:
    if isinstance(value, str) and value in set(choices):
        return choices(value)
    *most, last = [repr(str(choice)) for choice in choices]
    expected = f"{', '.join(most)} or {last}" if most else last
    raise _refusal(place, "is not one of the choices", f"write {expected}")


def _refusal(place: Place, text: str, advice: str) -> Refusal:
    return Refusal(Finding(place.path, text, advice))
