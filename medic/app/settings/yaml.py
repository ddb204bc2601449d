"""YAML with the scalars of YAML 1.2 and a line number for every value.

PyYAML reads ``off`` as False, the key ``on`` as True and ``12:30`` as 750, takes the last of two equal keys, and
expands aliases without bound; so only its parser is used here, and the tree is built from the parser's events.
"""

import math
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field

import yaml

from medic.app.settings.mistakes import Finding, Path

Tree = None | bool | int | float | str | list["Tree"] | dict[str, "Tree"]
"""What a document holds; keys are always text."""

MAX_BYTES = 256 * 1024
MAX_NODES = 20_000
MAX_DEPTH = 30

_NULL = re.compile(r"null|Null|NULL|~|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_OCTAL = re.compile(r"0o([0-7]{1,18})")
_HEX = re.compile(r"0x([0-9a-fA-F]{1,15})")
_FLOAT = re.compile(r"(?=.{1,40}$)[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it was read."""

    tree: Tree
    lines: dict[Path, int] = field(default_factory=dict)
    """The line, counted from 1, of every value; of a mapping's entry the line of its key."""
    findings: tuple[Finding, ...] = ()

    def line(self, path: Path) -> int | None:
        """Return the line of *path*, or of the nearest value around it; None in an empty document."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None


def parse(text: str) -> Document:
    """Read one document; whatever *text* is, the result is a document with findings, never an exception."""
    builder = _Builder(text)
    try:
        return Document(builder.document(), builder.lines, tuple(builder.findings))
    except _Broken as broken:
        lines: dict[Path, int] = {(): broken.line} if broken.line else {}
        return Document(None, lines, (*builder.findings, Finding((), broken.text, broken.advice)))


def scalar(text: str) -> Tree:
    """Read a plain scalar by the core schema of YAML 1.2; numbers of absurd length stay text."""
    for pattern, value in ((_NULL, None), (_TRUE, True), (_FALSE, False)):
        if pattern.fullmatch(text):
            return value
    if _INT.fullmatch(text):
        return int(text)
    for pattern, base in ((_OCTAL, 8), (_HEX, 16)):
        if digits := pattern.fullmatch(text):
            return int(digits[1], base)
    if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text


def whole(text: str) -> str:
    """Join characters that are escaped in halves, as JSON does; raises UnicodeError for a half alone."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16")


class _Broken(Exception):  # noqa: N818 - it never leaves this module
    """Nothing more can be read."""

    def __init__(self, text: str, advice: str, line: int | None) -> None:
        super().__init__(text)
        self.text, self.advice, self.line = text, advice, line


@dataclass(frozen=True, slots=True)
class _Anchor:
    tree: Tree
    nodes: int


class _Builder:
    """Builds the tree from the parser's events."""

    def __init__(self, text: str) -> None:
        self._events = _events(text)
        self._anchors: dict[str, _Anchor] = {}
        self._nodes = 0
        self.lines: dict[Path, int] = {}
        self.findings: list[Finding] = []

    def document(self) -> Tree:
        """Read the whole stream, which must hold at most one document."""
        tree: Tree = None
        seen = False
        for event in self._events:
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            if seen:
                raise _Broken("there is a second document", "keep one document: remove the line ---", _line(event))
            tree, seen = self._node(next(self._events), ()), True
        return tree

    def _node(self, event: yaml.Event, path: Path) -> Tree:
        self._spend(1, event)
        self.lines.setdefault(path, _line(event))
        if len(path) > MAX_DEPTH:
            raise _Broken(f"nested deeper than {MAX_DEPTH} levels", "write it flatter", _line(event))
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before = self._nodes
        tree = self._content(event, path)
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self._anchors[anchor] = _Anchor(tree, self._nodes - before)
        return tree

    def _content(self, event: yaml.Event, path: Path) -> Tree:
        if (tag := getattr(event, "tag", None)) not in {None, "!"}:
            self._find(path, f"the tag {tag} is not known", "remove the tag")
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        text = self._text(event, path)
        return scalar(text) if getattr(event, "style", None) is None else text

    def _text(self, event: yaml.Event, path: Path) -> str:
        try:
            return whole(str(getattr(event, "value", "")))
        except UnicodeError:
            self._find(path, "holds half of a character", "write the whole character instead of its escapes", event)
            return ""

    def _sequence(self, path: Path) -> Tree:
        items: list[Tree] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path) -> Tree:
        entries: dict[str, Tree] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, path)
            known = key in entries
            if known:
                first = self.lines.get((*path, key))
                self._find((*path, key), f"written twice, first on line {first}", "keep one of them", event)
            self.lines[(*path, key)] = _line(event)
            value = self._node(next(self._events), (*path, key))
            if not known:
                entries[key] = value
        return entries

    def _key(self, event: yaml.Event, path: Path) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise _Broken("a key is not plain text", "write `name: value`", _line(event))
        if event.value == "<<" and event.style is None:  # a quoted one is a key like any other
            self._find(path, "merge keys (<<) are not in YAML 1.2", "write the entries out", event)
        return self._text(event, path)

    def _alias(self, event: yaml.AliasEvent) -> Tree:
        anchor = self._anchors.get(str(event.anchor))
        if anchor is None:
            raise _Broken(f"*{event.anchor} is used before &{event.anchor}", "define the anchor first", _line(event))
        self._spend(anchor.nodes, event)
        return deepcopy(anchor.tree)

    def _spend(self, nodes: int, event: yaml.Event) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise _Broken(f"holds more than {MAX_NODES} values", "check for aliases that multiply", _line(event))

    def _find(self, path: Path, text: str, advice: str, event: yaml.Event | None = None) -> None:
        if event is not None:
            self.lines[path] = _line(event)
        self.findings.append(Finding(path, text, advice))


def _events(text: str) -> Iterator[yaml.Event]:
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise _Broken(
            f"is larger than {MAX_BYTES // 1024} KiB", "a configuration is a few KiB: is it the right file?", None
        )
    try:
        yield from yaml.parse(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(part for part in (error.context, error.problem) if part)
        raise _Broken(f"is not YAML: {what}", _SYNTAX_ADVICE, mark.line + 1 if mark else None) from error
    except (yaml.YAMLError, ValueError, OverflowError, IndexError) as error:
        # PyYAML lets these out for characters and escapes that do not exist.
        position = getattr(error, "position", None)
        line = text.count("\n", 0, position) + 1 if isinstance(position, int) else None
        reason = getattr(error, "reason", None) or error
        raise _Broken(f"is not YAML: {reason}", _SYNTAX_ADVICE, line) from error


_SYNTAX_ADVICE = "check the indentation, colons, brackets and quotes there and on the line above"


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
