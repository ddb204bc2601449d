"""RE2 regular expressions as Python's, or a refusal that says why: the two must match the same texts."""

import re
from dataclasses import dataclass, field

from rules.promql.classes import LAST, PERL, POSIX, Ranges, complement, write
from rules.promql.errors import QueryError

SIMPLE = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
REPEAT = re.compile(r"[*+?]|\{(\d+)(?:(,)(\d+)?)?\}")
HEX = re.compile(r"x(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]+)\})")
OCTAL = re.compile(r"0[0-7]{0,2}|[1-7][0-7]{1,2}")
OPEN = re.compile(r"\((?:\?(?:P?<(?P<name>[^>]*)>|(?P<flags>[a-zA-Z-]*)(?P<end>[:)])))?")
MOST_REPEATS = 1000
FLAGS = frozenset("ims")


@dataclass(slots=True)
class _Group:
    """An open group: its flags, how many scopes its inline flags opened, and whether it holds an endless repeat."""

    flags: frozenset[str]
    start: int
    scopes: list[str] = field(default_factory=list)
    endless: bool = False


class _Translator:
    def __init__(self, text: str, flags: frozenset[str]) -> None:
        self.text = text
        self.at = 0
        self.parts: list[str] = []
        self.groups = [_Group(flags, 0)]
        self.atom: int | None = None
        self.endless = False

    def refuse(self, what: str) -> QueryError:
        return QueryError(
            f"the regular expression {self.text!r} {what}", "write one in RE2's syntax, matched against the whole value"
        )

    def run(self) -> str:
        while self.at < len(self.text):
            self.step(self.text[self.at])
        if len(self.groups) > 1:
            raise self.refuse("has a group that is not closed")
        self.parts.append(")" * len(self.groups[0].scopes))
        return "".join(self.parts)

    def step(self, character: str) -> None:
        if character == "(":
            self.open()
        elif character == ")":
            self.close()
        elif character == "|":
            self.alternate()
        elif character == "[":
            self.emit(self.bracket())
        elif character == "\\":
            self.emit(self.escape())
        elif repeat := REPEAT.match(self.text, self.at):
            self.repeat(repeat)
        else:
            self.at += 1
            self.emit(self.plain(character))

    def emit(self, part: str, *, endless: bool = False) -> None:
        self.atom = len(self.parts)
        self.endless = endless
        self.parts.append(part)

    def plain(self, character: str) -> str:
        flags = self.groups[-1].flags
        if character == ".":
            return "(?s:.)" if "s" in flags else r"[^\n]"
        if character == "^":
            return "(?m:^)" if "m" in flags else r"(?:\A)"
        if character == "$":
            return "(?m:$)" if "m" in flags else r"(?:\Z)"
        return re.escape(character)

    def open(self) -> None:
        found = OPEN.match(self.text, self.at)
        if found is None:
            raise self.refuse("uses look-around or another group that RE2 does not have")
        self.at = found.end()
        if found["name"] is not None:
            if not (found["name"].isidentifier() and found["name"].isascii()):
                raise self.refuse(f"names a group {found['name']!r}, which is no name")
            self.begin(self.groups[-1].flags, f"(?P<{found['name']}>")
        elif found["end"] is None:
            self.begin(self.groups[-1].flags, "(")
        else:
            self.flag(found["flags"], inline=found["end"] == ")")

    def flag(self, text: str, *, inline: bool) -> None:
        on, _, off = text.partition("-")
        if not FLAGS.issuperset(on + off) or (inline and not on + off) or (text.endswith("-")):
            raise self.refuse(f"uses the flags {text!r}, of which only i, m and s are supported")
        group = self.groups[-1]
        flags = (group.flags | frozenset(on)) - frozenset(off)
        scope = "(?i:" if "i" in flags else "(?-i:"
        if not inline:
            self.begin(flags, scope)
            return
        group.flags = flags
        group.scopes.append(scope)
        self.parts.append(scope)
        self.atom = None

    def begin(self, flags: frozenset[str], part: str) -> None:
        self.groups.append(_Group(flags, len(self.parts)))
        self.parts.append(part)
        self.atom = None

    def close(self) -> None:
        if len(self.groups) == 1:
            raise self.refuse("closes a group that is not open")
        group = self.groups.pop()
        self.at += 1
        self.parts.append(")" * (len(group.scopes) + 1))
        self.parts[group.start :] = ["".join(self.parts[group.start :])]
        self.atom = group.start
        self.endless = group.endless
        self.groups[-1].endless |= group.endless

    def alternate(self) -> None:
        scopes = self.groups[-1].scopes
        self.at += 1
        self.parts.append(")" * len(scopes) + "|" + "".join(scopes))
        self.atom = None

    def repeat(self, found: re.Match[str]) -> None:
        if self.atom is None:
            raise self.refuse(f"has nothing for {found[0]} to repeat, or repeats a repeat")
        most = int(found[3] or found[1] or 0)
        if max(most, int(found[1] or 0)) > MOST_REPEATS or (found[3] and most < int(found[1])):
            raise self.refuse(f"repeats {found[0]}, and RE2 allows up to {MOST_REPEATS}, in order")
        endless = found[0] in "*+" or (found[2] is not None and found[3] is None)
        if self.endless and (endless or most > 1):
            raise self.refuse("repeats what holds an endless repeat, which can take Python's matcher forever")
        self.at = found.end()
        lazy = self.text.startswith("?", self.at)
        self.at += lazy
        self.parts[self.atom :] = [f"(?:{''.join(self.parts[self.atom :])}){found[0]}{'?' * lazy}"]
        self.groups[-1].endless |= endless
        self.atom = None

    def escape(self) -> str:
        rest = self.text[self.at + 1 :]
        if rest.startswith("Q"):
            quoted, _, _ = rest[1:].partition("\\E")
            self.at += len(quoted) + 2 + 2 * rest[1:].startswith("\\E", len(quoted))
            return f"(?:{re.escape(quoted)})"
        letter = rest[:1]
        if letter.lower() in PERL and letter:
            self.at += 2
            return write(PERL[letter.lower()], negated=letter.isupper())
        anchors = {"A": r"(?:\A)", "z": r"(?:\Z)", "b": r"(?a:\b)", "B": r"(?a:\B)"}
        if letter in anchors:
            self.at += 2
            return anchors[letter]
        return re.escape(chr(self.point()))

    def point(self) -> int:
        """Read one escaped character and return its code point."""
        rest = self.text[self.at + 1 :]
        if found := (HEX.match(rest) or OCTAL.match(rest)):
            self.at += 1 + found.end()
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
        return write(ranges, negated=negated)

    def listed(self) -> Ranges:
        """Read one element of a class: a named class or a range."""
        if named := re.compile(r"\[:(\^?)([a-z]*):\]").match(self.text, self.at):
            if named[2] not in POSIX:
                raise self.refuse(f"uses the unknown class {named[0]}")
            self.at = named.end()
            return complement(POSIX[named[2]]) if named[1] else POSIX[named[2]]
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


def translate(text: str, *, dot_all: bool = True) -> re.Pattern[str]:
    """Compile an RE2 expression for ``fullmatch``; raises QueryError for what RE2 refuses or Python cannot do alike.

    Prometheus 3 lets the dot match a newline, Prometheus 2 (*dot_all* False) does not.
    """
    flags = frozenset("s") if dot_all else frozenset()
    translator = _Translator(text, flags)
    try:
        return re.compile(translator.run())
    except (re.error, OverflowError, RecursionError) as problem:
        raise translator.refuse(f"is not understood: {problem}") from None
