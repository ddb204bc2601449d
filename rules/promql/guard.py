"""What happens to a query before the parser sees it: limits, and lifting out what the parser would spoil.

promql-parser ends the process on deep nesting, refuses raw strings with backslashes, loses bytes that are no UTF-8,
panics on times before 1970 and does not know ``1_000``. So strings and times are replaced by numbers into tables.
"""

import re
from dataclasses import dataclass
from math import isfinite

from rules.durations import LONGEST, read_units
from rules.promql.errors import QueryError
from rules.promql.literals import number, unquote

MAX_LENGTH = 20_000
MAX_NESTING = 100
MAX_OPERATORS = 250
MARK = "\ue000"
"""Begins each placeholder; a private character that cannot stand outside of a string, and strings are lifted."""

TOKEN = re.compile(
    r"""(?P<blank>\s+|\#[^\n]*)
    |(?P<raw>`[^`]*`)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<at>@(?:\s|\#[^\n]*+)*+(?P<moment>[-+]?\s*(?:0x[0-9a-f_]+|inf\b|nan\b|[0-9.][0-9a-z_.]*?(?:e[-+]?[0-9_]+)?(?![0-9a-z_.])))?)
    |(?P<word>[a-z_:][a-z0-9_:]*)
    |(?P<duration>(?:[0-9]+(?:ms|[smhdwy]))+)
    |(?P<number>0x[0-9a-f_]+|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:e[-+]?[0-9_]+)?)
    |(?P<open>[(\[{])|(?P<close>[)\]}])
    |(?P<operator>==|!=|=~|!~|<=|>=|[-+*/%^<>])
    |(?P<other>.)""",
    re.VERBOSE | re.ASCII | re.IGNORECASE | re.DOTALL,
)
EDGE = re.compile(r"@(?:\s|\#[^\n]*+)*+(?:start|end)\b", re.IGNORECASE)
OPERATOR_WORDS = frozenset(("and", "or", "unless", "atan2"))
BEFORE_NAMES = OPERATOR_WORDS | {"bool"}
MODIFIERS = frozenset(("smoothed", "anchored"))
"""Words that only newer versions reserve, and only behind an operand; elsewhere they are names."""
NAME_MARK = "__name_of__"
"""Keeps the parser from taking a name for a modifier."""
SEPARATED = re.compile(r"_(?:[_.e]|$)|\._", re.IGNORECASE)
"""A separator that is not between two digits; one behind 0x is fine."""
QUOTES = "\"'`"


@dataclass(frozen=True, slots=True)
class Lifted:
    """A query that the parser can read safely, and the tables of what was lifted out of it."""

    text: str
    strings: tuple[str, ...]
    moments: tuple[int, ...]
    """Times of ``@`` in milliseconds since the epoch."""
    places: tuple[int, ...] = ()
    """Where each of the strings stood."""

    def string(self, parsed: str) -> str:
        """Return what stood in the query where the parser saw *parsed*; bare words are what they are."""
        return self.strings[int(parsed[1:])] if parsed.startswith(MARK) else parsed.removeprefix(NAME_MARK)

    def place(self, parsed: str) -> int | None:
        """Return where in the query the string stood that the parser saw as *parsed*; None for a bare word."""
        return self.places[int(parsed[1:])] if parsed.startswith(MARK) else None


class _Lifter:
    """Goes through the tokens of one query once, counting and lifting."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.parts: list[str] = []
        self.strings: list[str] = []
        self.places: list[int] = []
        self.moments: list[int] = []
        self.depth = 0
        self.operators = 0

    def refuse(self, what: str, instead: str, position: int) -> QueryError:
        return QueryError(what, instead, text=self.text, position=position)

    def take(self, token: re.Match[str]) -> None:
        kind = token.lastgroup or ""
        if kind == "blank":
            self.parts.append(" ")
        elif kind in {"raw", "string"}:
            self.lift_string(token)
        elif kind == "at" and not EDGE.match(self.text, token.start()):
            self.lift_moment(token)
        elif kind == "duration" and (read_units(token[0]) or 0) > LONGEST:
            raise self.refuse(f"{token[0]} is too long", "write a duration of at most 292 years", token.start())
        elif kind == "number":
            self.lift_number(token)
        elif kind == "word" and token[0].lower() in MODIFIERS and not self.behind_operand():
            self.parts.append(f"{NAME_MARK}{token[0]}")
        else:
            self.count(token, kind)
            self.parts.append(token[0])

    def count(self, token: re.Match[str], kind: str) -> None:
        if kind == "other" and (token[0] in QUOTES or token[0] == MARK):
            what = "the string is not closed" if token[0] in QUOTES else "the character U+E000 means nothing here"
            raise self.refuse(what, "close it with the quote that opens it, on the same line", token.start())
        self.depth += (kind == "open") - (kind == "close")
        if self.depth > MAX_NESTING:
            what = f"brackets are nested more than {MAX_NESTING} deep"
            raise self.refuse(what, "record a part of the expression under its own name", token.start())
        self.operators += kind == "operator" or (kind == "word" and token[0].lower() in OPERATOR_WORDS)
        if self.operators > MAX_OPERATORS:
            what = f"there are more than {MAX_OPERATORS} operators"
            raise self.refuse(what, "record a part of the expression under its own name", token.start())

    def lift_string(self, token: re.Match[str]) -> None:
        try:
            self.strings.append(unquote(token[0]))
        except ValueError as problem:
            raise self.refuse(
                str(problem), "write a backslash twice, or quote with `backticks`", token.start()
            ) from None
        self.places.append(token.start())
        self.parts.append(f'"{MARK}{len(self.strings) - 1}"')

    def lift_number(self, token: re.Match[str]) -> None:
        if SEPARATED.search(token[0]):
            what = f"{token[0]} separates no digits"
            raise self.refuse(what, "write a single _ between two digits, or none", token.start())
        self.parts.append(token[0].replace("_", ""))

    def behind_operand(self) -> bool:
        """Tell whether what comes next follows an operand, as a modifier does and a name does not."""
        before = next((part for part in reversed(self.parts) if part.strip()), "")
        operand = before[-1:] in {")", "]", "}", '"'} or before[-1:].isalnum() or before[-1:] in {"_", ":"}
        return operand and before.lower() not in BEFORE_NAMES

    def lift_moment(self, token: re.Match[str]) -> None:
        moment = token["moment"] or ""
        value = None if SEPARATED.search(moment) else number(moment)
        if value is None or not isfinite(value) or abs(value) > 2**53:
            what = f"{moment or 'this'} is no time for @"
            raise self.refuse(what, "write seconds since the epoch, start() or end()", token.end() - len(moment))
        self.moments.append(round(value * 1000))
        self.parts.append(f"@ {len(self.moments) - 1} ")  # the space keeps what follows from joining the number


def lift(text: str) -> Lifted:
    """Check the limits of *text* and make it safe for the parser; raises QueryError with the place."""
    if len(text) > MAX_LENGTH:
        what = f"the expression has {len(text)} characters, more than {MAX_LENGTH}"
        raise QueryError(what, "record a part of it under its own name")
    lifter = _Lifter(text)
    for token in TOKEN.finditer(text):
        lifter.take(token)
    return Lifted("".join(lifter.parts), tuple(lifter.strings), tuple(lifter.moments), tuple(lifter.places))
