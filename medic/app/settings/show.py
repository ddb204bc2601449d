"""The configuration in force, as it may be shown: secrets hidden, what came from the environment as it was written."""

from typing import cast

from medic.app.settings.mistakes import Path
from medic.app.settings.model import Settings
from medic.app.settings.patterns import entries, value_at
from medic.app.settings.yaml import Tree


def show(settings: Settings) -> dict[str, Tree]:
    """Return every key with its value in the words of a file; keys without a value are left out."""
    tree = cast("dict[str, Tree]", settings.model_dump(mode="json", exclude={"written", "orders"}, exclude_none=True))
    for path, text in settings.written.items():
        _put(tree, path, text)
    return tree


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
