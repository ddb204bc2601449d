"""RE2 regular expressions as Python's, or a refusal that says why: the two must match the same texts."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from rules.postings import Pattern
from rules.promql.automata import Automaton
from rules.promql.captures import Capturing, Tracer
from rules.promql.classes import LAST, PERL, POSIX, Ranges, category, complement
from rules.promql.classes import write as write_class
from rules.promql.errors import QueryError
from rules.promql.expressions import (
    ANY,
    At,
    Char,
    Choice,
    Edge,
    Group,
    Repeat,
    Sequence,
    Tree,
    is_quick,
    write,
)

SIMPLE = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
REPEAT = re.compile(r"[*+?]|\{(\d+)(?:(,)(\d+)?)?\}")
HEX = re.compile(r"x(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]+)\})")
OCTAL = re.compile(r"0[0-7]{0,2}|[1-7][0-7]{1,2}")
OPEN = re.compile(r"\((?:\?(?:P?<(?P<name>[^>=!]*)>|(?P<flags>[a-zA-Z-]*)(?P<end>[:)]))|(?!\?))")
MOST_REPEATS = 1000
REMEMBERED = 512
FLAGS = frozenset("imsU")
SIGNS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
EDGES = {"A": At.BEGIN, "z": At.END, "b": At.BOUNDARY, "B": At.INSIDE}
UNICODE = re.compile(r"(?P<sign>[pP])(?:\{(?P<name>\^?[A-Za-z]{1,2})\}|(?P<letter>[A-Z]))")


@dataclass(slots=True)
class _Open:
    """A group that is still open: its flags, its parts so far, and the options before them."""

    flags: frozenset[str]
    name: str | None = None
    captures: bool = False
    parts: list[Tree] = field(default_factory=list)
    options: list[Tree] = field(default_factory=list)
    repeatable: bool = False
    """Whether the last part can be repeated: not at a beginning, and not a repeat itself."""

    def tree(self) -> Tree:
        """Return all of it as a tree."""
        last = Sequence(tuple(self.parts))
        inner = Choice((*self.options, last)) if self.options else last
        return Group(inner, self.name) if self.captures else inner


class _Reader:
    def __init__(self, text: str, flags: frozenset[str]) -> None:
        self.text = text
        self.at = 0
        self.groups = [_Open(flags)]
        self.names: set[str] = set()

    def refuse(self, what: str) -> QueryError:
        return QueryError(f"the regular expression {self.text!r} {what}", "write one in RE2's syntax")

    @property
    def flags(self) -> frozenset[str]:
        return self.groups[-1].flags

    def run(self) -> Tree:
        while self.at < len(self.text):
            self.step(self.text[self.at])
        if len(self.groups) > 1:
            raise self.refuse("has a group that is not closed")
        return self.groups[0].tree()

    def step(self, character: str) -> None:
        if character == "(":
            self.open()
        elif character == ")":
            self.close()
        elif character == "|":
            self.alternate()
        elif character == "[":
            self.emit(self.char(self.bracket()))
        elif character == "\\":
            self.escape()
        elif repeat := REPEAT.match(self.text, self.at):
            self.repeat(repeat)
        else:
            self.at += 1
            self.emit(self.plain(character))

    def emit(self, *parts: Tree) -> None:
        self.groups[-1].parts.extend(parts)
        self.groups[-1].repeatable = True

    def char(self, part: str) -> Char:
        return Char(f"(?i:{part})" if "i" in self.flags else part)

    def plain(self, character: str) -> Tree:
        if character == ".":
            return Char(ANY if "s" in self.flags else r"[^\n]")
        if character == "^":
            return Edge(At.LINE_BEGIN if "m" in self.flags else At.BEGIN)
        if character == "$":
            return Edge(At.LINE_END if "m" in self.flags else At.END)
        return self.char(re.escape(character))

    def open(self) -> None:
        found = OPEN.match(self.text, self.at)
        if found is None:
            raise self.refuse("uses look-around or another group that RE2 does not have")
        self.at = found.end()
        if (name := found["name"]) is not None:
            if not (name.isidentifier() and name.isascii()) or name in self.names:
                raise self.refuse(f"names a group {name!r}, which is no name, or is the name of another")
            self.names.add(name)
            self.groups.append(_Open(self.flags, name, captures=True))
        elif found["end"] is None:
            self.groups.append(_Open(self.flags, captures=True))
        else:
            self.flag(found["flags"], inline=found["end"] == ")")

    def flag(self, text: str, *, inline: bool) -> None:
        on, _, off = text.partition("-")
        if not FLAGS.issuperset(on + off) or (inline and not on + off) or (text.endswith("-")):
            raise self.refuse(f"uses the flags {text!r}, of which only i, m, s and U are known")
        flags = (self.flags | frozenset(on)) - frozenset(off)
        if inline:
            self.groups[-1].flags = flags
            self.groups[-1].repeatable = False
        else:
            self.groups.append(_Open(flags))

    def close(self) -> None:
        if len(self.groups) == 1:
            raise self.refuse("closes a group that is not open")
        self.at += 1
        self.emit(self.groups.pop().tree())

    def alternate(self) -> None:
        group = self.groups[-1]
        self.at += 1
        group.options.append(Sequence(tuple(group.parts)))
        group.parts, group.repeatable = [], False

    def repeat(self, found: re.Match[str]) -> None:
        group = self.groups[-1]
        if not group.repeatable:
            raise self.refuse(f"has nothing for {found[0]} to repeat, or repeats a repeat")
        least, most = SIGNS.get(found[0]) or (int(found[1]), int(found[3]) if found[3] else None)
        if found[0] not in SIGNS and not found[2]:
            most = least
        if max(least, most or 0) > MOST_REPEATS or (most is not None and most < least):
            raise self.refuse(f"repeats {found[0]}, and RE2 allows up to {MOST_REPEATS}, in order")
        self.at = found.end()
        lazy = self.text.startswith("?", self.at)
        self.at += lazy
        group.parts[-1] = Repeat(group.parts[-1], least, most, lazy != ("U" in group.flags))
        group.repeatable = False

    def escape(self) -> None:
        rest = self.text[self.at + 1 :]
        if rest.startswith("Q"):
            quoted, _, _ = rest[1:].partition("\\E")
            self.at += len(quoted) + 2 + 2 * rest[1:].startswith("\\E", len(quoted))
            if quoted:
                self.emit(*(self.char(re.escape(one)) for one in quoted))
            return
        letter = rest[:1]
        if letter.lower() in PERL and letter:
            self.at += 2
            self.emit(self.char(write_class(PERL[letter.lower()], negated=letter.isupper())))
        elif letter in EDGES:
            self.at += 2
            self.emit(Edge(EDGES[letter]))
        elif found := UNICODE.match(rest):
            self.emit(self.char(write_class(self.category(found))))
        else:
            self.emit(self.char(re.escape(chr(self.point()))))

    def category(self, found: re.Match[str]) -> Ranges:
        r"""Return the characters of a class such as ``\pL``, which begins at the cursor."""
        name = found["letter"] or found["name"]
        ranges = category(name.removeprefix("^"))
        if not ranges:
            raise self.refuse(f"uses the class {found[0]}, and only general categories such as L and Lu are known")
        self.at += 1 + found.end() - found.start()
        return complement(ranges) if (found["sign"] == "P") != name.startswith("^") else ranges

    def point(self) -> int:
        """Read one escaped character and return its code point."""
        rest = self.text[self.at + 1 :]
        if found := (HEX.match(rest) or OCTAL.match(rest)):
            self.at += 1 + found.end() - found.start()
            code = int(found[1] or found[2], 16) if found[0][0] == "x" else int(found[0], 8)
            if code > LAST:
                raise self.refuse(f"escapes {found[0]}, which is no character")
            return code
        letter = rest[:1]
        if not letter or letter.isdigit() or (letter.isalpha() and letter not in SIMPLE) or not letter.isascii():
            raise self.refuse(f"escapes {letter or 'nothing'} at its end or in a way that is not supported")
        self.at += 2
        return ord(SIMPLE.get(letter, letter))

    def bracket(self) -> str:
        begin = self.at
        self.at += 1
        negated = self.text.startswith("^", self.at)
        self.at += negated
        ranges: list[tuple[int, int]] = []
        while not self.text.startswith("]", self.at) or not ranges:
            if self.at >= len(self.text):
                raise self.refuse(f"has a class that is not closed: {self.text[begin:]}")
            ranges.extend(self.listed())
        self.at += 1
        return write_class(ranges, negated=negated)

    def listed(self) -> Ranges:
        """Read one element of a class: a named class or a range."""
        if named := re.compile(r"\[:(\^?)([a-z]*):\]").match(self.text, self.at):
            if named[2] not in POSIX:
                raise self.refuse(f"uses the unknown class {named[0]}")
            self.at = named.end()
            return complement(POSIX[named[2]]) if named[1] else POSIX[named[2]]
        if found := UNICODE.match(self.text, self.at + 1) if self.text[self.at] == "\\" else None:
            return self.category(found)
        letter = self.text[self.at + 1 : self.at + 2]
        if self.text[self.at] == "\\" and letter and letter.lower() in PERL:
            self.at += 2
            return complement(PERL[letter.lower()]) if letter.isupper() else PERL[letter]
        low = self.single()
        high = low
        if self.text.startswith("-", self.at) and not self.text.startswith("]", self.at + 1):
            self.at += 1
            high = self.single()
        if high < low:
            raise self.refuse(f"has the range {chr(low)}-{chr(high)}, which runs backwards")
        return ((low, high),)

    def single(self) -> int:
        if self.at >= len(self.text):
            raise self.refuse("has a class that is not closed")
        if self.text[self.at] == "\\":
            return self.point()
        self.at += 1
        return ord(self.text[self.at - 1])


@lru_cache(REMEMBERED)
def translate(text: str, *, dot_all: bool = True) -> Capturing:
    """Compile an RE2 expression to be asked for its groups, which takes linear time whatever is in it.

    Raises QueryError for what RE2 refuses or Python cannot do alike. Prometheus 3 lets the dot match a newline,
    Prometheus 2 (*dot_all* False) does not.
    """
    tree = read_tree(text, dot_all=dot_all)
    return _compiled(text, tree) if is_quick(tree) else Tracer(tree)


@lru_cache(REMEMBERED)  # rules share their expressions, and an automaton what it has computed
def matching(text: str, *, dot_all: bool = True) -> Pattern:
    """Compile an RE2 expression to be asked only whether it matches; that is cheaper than ``translate``."""
    tree = read_tree(text, dot_all=dot_all)
    return _compiled(text, tree) if is_quick(tree) else Automaton(tree)


def read_tree(text: str, *, dot_all: bool) -> Tree:
    """Read an RE2 expression; raises QueryError for what RE2 refuses."""
    try:
        return _Reader(text, frozenset("s") if dot_all else frozenset()).run()
    except RecursionError:
        raise _too_deep(text, "nested too deep") from None


def _compiled(text: str, tree: Tree) -> re.Pattern[str]:
    try:
        return re.compile(write(tree))
    except (re.error, OverflowError, RecursionError) as problem:
        raise _too_deep(text, f"not understood: {problem}") from None


def _too_deep(text: str, how: str) -> QueryError:
    return QueryError(f"the regular expression {text!r} is {how}", "write a simpler one in RE2's syntax")
