"""Finding values in a tree by patterns such as ``("workers", "*", "pool")``."""

from collections.abc import Collection, Iterator, Mapping

from medic.app.settings.mistakes import Path
from medic.app.settings.yaml import Tree

Pattern = tuple[str, ...]
"""Keys from the root; ``*`` stands for every element of a list."""


def find(tree: Tree, pattern: Pattern, path: Path = ()) -> Iterator[tuple[Path, Tree]]:
    """Yield every value at *pattern* with its path; what has another shape is passed over."""
    if not pattern:
        yield path, tree
    elif pattern[0] == "*" and isinstance(tree, list):
        for index, item in enumerate(tree):
            yield from find(item, pattern[1:], (*path, index))
    elif isinstance(tree, dict) and pattern[0] in tree:
        yield from find(tree[pattern[0]], pattern[1:], (*path, pattern[0]))


def find_texts(tree: Tree, pattern: Pattern) -> Iterator[tuple[Path, str]]:
    """Yield every text at *pattern* with its path."""
    for path, value in find(tree, pattern):
        if isinstance(value, str):
            yield path, value


def value_at(tree: Tree, path: Path) -> Tree:
    """Return the value at *path*; None where there is none."""
    for part in path:
        tree = entries(tree).get(part)
    return tree


def entries(tree: Tree) -> Mapping[str | int, Tree]:
    """Return what a mapping holds by key, a list by position, and nothing of a single value."""
    if isinstance(tree, list):
        return dict(enumerate(tree))
    return dict(tree.items()) if isinstance(tree, dict) else {}


def without(tree: Tree, paths: Collection[Path], path: Path = ()) -> Tree:
    """Return *tree* without the entries of mappings that stand at *paths*."""
    if isinstance(tree, dict):
        kept = {key: value for key, value in tree.items() if (*path, key) not in paths}
        return {key: without(value, paths, (*path, key)) for key, value in kept.items()}
    if isinstance(tree, list):
        return [without(value, paths, (*path, index)) for index, value in enumerate(tree)]
    return tree
