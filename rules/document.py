"""YAML as rule files use it: nodes that know their line, and scalars that stay the text that was written."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from medic.core.errors import MedicError
from rules.aliases import DEEPEST, Gauge, Swollen

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TAGS: dict[type[Node], str] = {
    ScalarNode: "tag:yaml.org,2002:str",
    SequenceNode: "tag:yaml.org,2002:seq",
    MappingNode: "tag:yaml.org,2002:map",
}
_NULL, _STRING, _MERGE = "tag:yaml.org,2002:null", "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"
_TOLD = 2_000
"""Characters of a mistake that are told: it may quote a text of any length."""


class _Guessless:
    """Leaves out PyYAML's YAML 1.1 guesses: ``off``, ``on`` and ``12:30`` stay text."""

    depth = 0
    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}

    def resolve(self, kind: type[Node], _value: object, _implicit: object) -> str:
        """Say what a node without a tag is; PyYAML's own way is the same without guesses, and slow."""
        return _TAGS[kind]

    def descend_resolver(self, _node: Node | None, _index: object) -> None:
        """Be told that a node is begun: libyaml's reader would end the process on deep nesting."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise yaml.YAMLError(f"it is nested deeper than {DEEPEST} levels")

    def ascend_resolver(self) -> None:
        """Be told that a node is complete."""
        self.depth -= 1


class _Slow(_Guessless, yaml.SafeLoader):
    """PyYAML's own reader."""


if yaml.__with_libyaml__:

    class _Fast(_Guessless, yaml.CSafeLoader):
        """The same through libyaml: three times as fast, and what Prometheus' reader descends from."""

    LOADERS: tuple[type[yaml.SafeLoader | yaml.CSafeLoader], ...] = (_Fast, _Slow)
else:
    LOADERS = (_Slow,)


class Mistake(NamedTuple):
    """One thing that is wrong in a file, with what to write instead."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        """Write it as compilers do, so that editors can jump there."""
        return f"{self.file}:{self.line}: {self.text}"


class RuleFileError(MedicError):
    """Rule files are wrong; ``mistakes`` holds all of them, in the order of files and lines."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Notes:
    """Collects the mistakes of one file while it is read on."""

    file: str
    mistakes: list[Mistake] = field(default_factory=list)

    def add(self, where: Node | int, text: str) -> None:
        """Note a mistake at a node or line."""
        told = text if len(text) <= _TOLD else f"{text[: _TOLD // 2]} ... {text[-_TOLD // 2 :]}"
        self.mistakes.append(Mistake(self.file, where if isinstance(where, int) else line_of(where), told))


class Entry(NamedTuple):
    """One key of a mapping with its value."""

    key: str
    at: Node
    value: Node


def compose(content: str, notes: Notes, reader: type[yaml.SafeLoader | yaml.CSafeLoader] = LOADERS[0]) -> Node | None:
    """Read the first document of a file, as Prometheus does; None when it is empty or is not YAML."""
    try:
        return _first(content, reader)
    except Swollen as problem:
        notes.add(problem.node, f"this is not YAML to be read: {problem}")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        notes.add(mark.line + 1 if mark else 1, f"this is not YAML: {error.problem or error.context}")
    except (yaml.YAMLError, RecursionError) as error:
        notes.add(1, f"this is not YAML: {error}")
    return None


def _first(content: str, reader: type[yaml.SafeLoader | yaml.CSafeLoader]) -> Node | None:
    loader = reader(content)
    try:
        root = loader.get_node() if loader.check_node() else None
    finally:
        loader.dispose()
    if root is not None and "&" in content:
        Gauge().check(root)
    return root


def line_of(node: Node) -> int:
    """Tell a node's line, counted from 1."""
    return node.start_mark.line + 1


def is_null(node: Node) -> bool:
    """Tell whether nothing was written, or null."""
    return isinstance(node, ScalarNode) and (
        node.tag == _NULL or (not node.style and node.value in _NULLS and node.tag == _STRING)
    )


def entries(node: Node, notes: Notes, *, what: str) -> Iterator[Entry]:
    """Go through a mapping, merge keys resolved; a key written twice, or no mapping at all, is a mistake."""
    if is_null(node):
        return
    if not isinstance(node, MappingNode):
        notes.add(node, f"{what} must be a mapping: write `key: value` lines")
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        name = key.value if isinstance(key, ScalarNode) else ""
        if not isinstance(key, ScalarNode):
            notes.add(key, f"a key of {what} must be a plain word")
        elif _is_merge(key):
            continue
        elif name in seen:
            notes.add(key, f"{name!r} is already written in line {seen[name]}: keep one of them")
        else:
            seen[name] = line_of(key)
            if not is_null(key):  # as Prometheus' reader, which passes over null
                yield Entry(name, key, value)
    yield from _merged(node, set(seen), notes)


def known_entries(node: Node, notes: Notes, known: Collection[str], *, what: str) -> dict[str, Node]:
    """Return the values of a mapping by key; a key that *known* lacks is a mistake."""
    found: dict[str, Node] = {}
    for key, at, value in entries(node, notes, what=what):
        if key in known:
            found[key] = value
        else:
            notes.add(at, f"{what} has no {key!r}: write one of {', '.join(known)}")
    return found


def _is_merge(key: ScalarNode) -> bool:
    return key.value == "<<" and not key.style


def _merged(node: MappingNode, seen: set[str], notes: Notes) -> Iterator[Entry]:
    if len(seen) == len(node.value):  # each key was a plain one
        return
    for key, value in node.value:
        if not (isinstance(key, ScalarNode) and _is_merge(key)):
            continue
        for source in value.value if isinstance(value, SequenceNode) else [value]:
            if not isinstance(source, MappingNode) or source is node:
                notes.add(key, "<< takes a mapping, or a list of mappings: write `<<: *name`")
                continue
            fresh = [entry for entry in entries(source, notes, what="<<") if entry.key not in seen]
            seen.update(entry.key for entry in fresh)
            yield from fresh


def items(node: Node, notes: Notes, *, what: str) -> Iterator[Node]:
    """Go through a list, nulls left out; anything else is a mistake."""
    if is_null(node):
        return
    if not isinstance(node, SequenceNode):
        notes.add(node, f"{what} must be a list: begin each of them with `- `")
        return
    yield from (each for each in node.value if not is_null(each))  # as Prometheus' reader does


def scalar(node: Node, notes: Notes, *, what: str) -> str:
    """Take a scalar as the text that was written; null is empty, a list or a mapping is a mistake."""
    if is_null(node):
        return ""
    if not isinstance(node, ScalarNode):
        notes.add(node, f"{what} must be one text, not a list or mapping: put it in quotes")
        return ""
    return str(node.value)


def is_quoted(node: Node) -> bool:
    """Tell whether a scalar was written in quotes or as a block, so that it can be no number."""
    return isinstance(node, ScalarNode) and bool(node.style)
