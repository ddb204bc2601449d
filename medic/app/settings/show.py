"""The configuration in force, as it may be shown: secrets hidden, what came from the environment as it was written."""

from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Annotated, cast, get_args, get_origin

from medic.app.settings.mistakes import Path
from medic.app.settings.model import Settings
from medic.app.settings.parsing import hints
from medic.app.settings.patterns import entries, value_at
from medic.app.settings.sections import PlainSerializer, Section, rest_of
from medic.app.settings.yaml import Tree

UNSHOWN = frozenset({"written", "orders"})


def show(settings: Settings) -> dict[str, Tree]:
    """Return every key with its value in the words of a file; keys without a value are left out."""
    tree = {key: text for key, text in _section(settings).items() if key not in UNSHOWN}
    for path, text in settings.written.items():
        _put(tree, path, text)
    return tree


def _section(section: Section) -> dict[str, Tree]:
    meant = section.meant()
    values = {key: (hint, getattr(section, key)) for key, hint in hints(type(section)).items() if key in meant}
    shown = {key: _value(hint, value) for key, (hint, value) in values.items() if value is not None}
    rest = rest_of(type(section))
    others: Mapping[str, Section] = getattr(section, rest) if rest else {}
    return shown | {key: _section(each) for key, each in others.items()}


def _value(hint: object, value: object) -> Tree:
    """Write a value as its annotation says, or as what it is."""
    serializers = [each for each in _marks(hint) if isinstance(each, PlainSerializer)]
    if isinstance(value, tuple) and get_origin(_bare(hint)) is tuple:
        return [_value(get_args(_bare(hint))[0], each) for each in value]
    if isinstance(value, Mapping):
        return {str(key): _value(get_args(_bare(hint))[1], each) for key, each in value.items()}
    if isinstance(value, Section):
        return _section(value)
    if serializers:
        return cast("Tree", serializers[-1].write(value))
    return value if isinstance(value, bool | int | float) else str(value)


def _marks(hint: object) -> Iterator[object]:
    """Yield what stands beside a type, and beside those within an annotation that also allows nothing."""
    if get_origin(hint) is Annotated:
        yield from get_args(hint)[1:]
    elif NoneType in get_args(hint):
        for each in get_args(hint):
            yield from _marks(each)


def _bare(hint: object) -> object:
    """Return the type itself."""
    if get_origin(hint) is Annotated:
        return _bare(get_args(hint)[0])
    if NoneType in get_args(hint):
        return _bare(next(each for each in get_args(hint) if each is not NoneType))
    return hint


def _put(tree: Tree, path: Path, text: str) -> None:
    """Replace the value at *path*; whatever is not there any more has nothing to hide."""
    holder, last = value_at(tree, path[:-1]), path[-1]
    if last not in entries(holder):
        return
    match holder, last:
        case dict(), str():
            holder[last] = text
        case list(), int():
            holder[last] = text
