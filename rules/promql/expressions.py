"""The tree of a regular expression, how Python writes it, and what Python's matcher would make of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class At(StrEnum):
    """Places between two characters, written as Python does."""

    BEGIN = r"(?:\A)"
    END = r"(?:\Z)"
    LINE_BEGIN = "(?m:^)"
    LINE_END = "(?m:$)"
    BOUNDARY = r"(?a:\b)"
    INSIDE = r"(?!(?a:\b))"
    """Unlike ``\\B``, which Python before 3.14 does not find in an empty text."""


@dataclass(frozen=True, slots=True)
class Char:
    """One character, as a part of a Python expression that matches nothing else."""

    part: str


@dataclass(frozen=True, slots=True)
class Edge:
    """A place between two characters."""

    at: At


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one behind the other; without any it is empty."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several, the first that matches."""

    options: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part several times."""

    tree: "Tree"
    least: int
    most: int | None
    """None means endless."""
    lazy: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A group that captures, with a name or without."""

    tree: "Tree"
    name: str | None


Tree = Char | Edge | Sequence | Choice | Repeat | Group

ANY = "(?s:.)"
MANY = 1 << 30
FEW_PATHS = 64
ONE_LOOP = 1


def write(tree: Tree) -> str:
    """Write *tree* as a Python expression."""
    match tree:
        case Char():
            return tree.part
        case Edge():
            return tree.at.value
        case Sequence():
            return "".join(map(write, tree.parts))
        case Choice():
            return f"(?:{'|'.join(map(write, tree.options))})"
        case Group():
            return f"({'' if tree.name is None else f'?P<{tree.name}>'}{write(tree.tree)})"
        case Repeat():
            most = "" if tree.most is None else tree.most
            return f"(?:{write(tree.tree)}){{{tree.least},{most}}}{'?' * tree.lazy}"


def children(tree: Tree) -> tuple[Tree, ...]:
    """Return the parts directly below *tree*."""
    match tree:
        case Sequence():
            return tree.parts
        case Choice():
            return tree.options
        case Repeat() | Group():
            return (tree.tree,)
        case _:
            return ()


def walk(tree: Tree) -> Iterator[Tree]:
    """Yield *tree* and all that is below it."""
    yield tree
    for child in children(tree):
        yield from walk(child)


def can_be_empty(tree: Tree) -> bool:
    """Tell whether *tree* can match without taking a character."""
    match tree:
        case Sequence():
            return all(map(can_be_empty, tree.parts))
        case Choice():
            return any(map(can_be_empty, tree.options))
        case Repeat():
            return tree.least == 0 or can_be_empty(tree.tree)
        case Group():
            return can_be_empty(tree.tree)
        case Edge():
            return True
        case Char():
            return False


def is_quick(tree: Tree) -> bool:
    """Tell whether Python's matcher, which tries one way after the other, needs linear time for a whole value.

    That is so for one loop over a fixed text, a ``.*`` at the end aside, and for few ways besides.
    """
    loops = [one for one in walk(tree) if isinstance(one, Repeat) and (one.most is None or one.most > 1)]
    if not all(map(_is_fixed, (one.tree for one in loops))):
        return False
    return len(loops) - _ends_with_anything(tree) <= ONE_LOOP and _paths(tree) <= FEW_PATHS


def _is_fixed(tree: Tree) -> bool:
    return not any(isinstance(one, Choice | Repeat) for one in walk(tree))


def _ends_with_anything(tree: Tree) -> bool:
    while isinstance(tree, Group) or (isinstance(tree, Sequence) and tree.parts):
        tree = tree.tree if isinstance(tree, Group) else tree.parts[-1]
    return isinstance(tree, Repeat) and tree.most is None and tree.tree == Char(ANY)


def _paths(tree: Tree) -> int:
    """Return in how many ways *tree* can be gone through, loops counted once."""
    match tree:
        case Sequence():
            found = 1
            for part in tree.parts:
                found = min(found * _paths(part), MANY)
            return found
        case Choice():
            return min(sum(map(_paths, tree.options)), MANY)
        case Repeat():
            return 1 + _paths(tree.tree) if tree.least == 0 and tree.most == 1 else _paths(tree.tree)
        case Group():
            return _paths(tree.tree)
        case _:
            return 1
