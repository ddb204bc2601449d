"""The words of a template: plain text, and what stands between ``{{`` and ``}}``."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from rules.templates.values import TemplateError


class Word(StrEnum):
    """The kinds of tokens."""

    TEXT = "text"
    OPEN = "{{"
    CLOSE = "}}"
    STRING = "string"
    RAW = "raw string"
    CHAR = "character"
    NUMBER = "number"
    VARIABLE = "variable"
    FIELD = "field"
    DOT = "dot"
    DECLARE = ":="
    ASSIGN = "="
    PIPE = "|"
    LEFT = "("
    RIGHT = ")"
    COMMA = ","
    NAME = "name"


class Token(NamedTuple):
    """One token; *joined* says that nothing separates it from the one before."""

    word: Word
    text: str
    joined: bool = False


SPACE = " \t\r\n"
"""All that is white space to Go's templates."""
_END = rf"(?=[{SPACE}.,|:()]|\}}\}}|$)"
_NUMBER = r"""[+-]?(?>
      0[xX][\da-fA-F_]*(?:\.[\da-fA-F_]*)?(?:[pP][+-]?[\d_]*)?
    | 0[bBoO][\d_]*
    | (?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?[\d_]*)?
    )(?!\w)"""
_ACTION = re.compile(
    rf"""
      (?P<CLOSE> (?:[{SPACE}]-)?\}}\}} )
    | (?P<SPACE> (?:[{SPACE}](?!-\}}\}}))+ )
    | (?P<STRING> "(?:\\.|[^"\\\n])*" )
    | (?P<RAW> `[^`]*` )
    | (?P<CHAR> '(?:\\.|[^'\\\n])+' )
    | (?P<FIELD> \.[^\W\d]\w*{_END} )
    | (?P<DOT> \.(?!\d){_END} )
    | (?P<NUMBER> {_NUMBER} )
    | (?P<VARIABLE> \$\w*{_END} )
    | (?P<DECLARE> := )
    | (?P<ASSIGN> = )
    | (?P<PIPE> \| )
    | (?P<LEFT> \( )
    | (?P<RIGHT> \) )
    | (?P<COMMA> , )
    | (?P<NAME> [^\W\d]\w*{_END} )
    """,
    re.VERBOSE,
)
_COMMENT = re.compile(rf"/\*(?:[^*]|\*(?!/))*\*/(?P<trim>[{SPACE}]-)?\}}\}}")


def tokens(source: str) -> Iterator[Token]:
    """Cut a template into tokens, white space trimmed where ``{{-`` and ``-}}`` say so."""
    at, trim = 0, False
    while at < len(source):
        start = source.find("{{", at)
        text = source[at:] if start < 0 else source[at:start]
        left = start >= 0 and _trims(source, start)
        yield from _text(text, trim, left)
        if start < 0:
            return
        at, trim, found = _action(source, start + 2, left)
        yield from found


def _trims(source: str, start: int) -> bool:
    return source[start + 2 : start + 3] == "-" and source[start + 3 : start + 4] in set(SPACE)


def _text(text: str, left: bool, right: bool) -> Iterator[Token]:
    text = text.lstrip(SPACE) if left else text
    text = text.rstrip(SPACE) if right else text
    if text:
        yield Token(Word.TEXT, text)


def _action(source: str, at: int, trims: bool) -> tuple[int, bool, list[Token]]:
    """Read up to the closing braces; says where they end, whether they trim, and what stood before them."""
    if source.startswith("/*", at + 2 * trims):
        return _comment(source, at + 2 * trims)
    at += trims
    found = [Token(Word.OPEN, "{{")]
    joined = False
    while (match := _ACTION.match(source, at)) is not None:
        if not _is_word(match):
            break
        at = match.end()
        if match.lastgroup != "SPACE":
            found.append(Token(Word[str(match.lastgroup)], match[0], joined))
        if match.lastgroup == "CLOSE":
            return at, match[0] != "}}", found
        joined = match.lastgroup != "SPACE"
    raise TemplateError(_unreadable(source, at))


def _is_word(found: re.Match[str]) -> bool:
    """Tell whether a name is one to Go, too, which takes letters and digits but no sign such as a raised 2."""
    if found[0].isascii() or found.lastgroup not in {"NAME", "FIELD", "VARIABLE"}:
        return True
    return all(char.isalpha() or char.isdecimal() or char in "_.$" for char in found[0])


def _comment(source: str, at: int) -> tuple[int, bool, list[Token]]:
    match = _COMMENT.match(source, at)
    if match is None:
        raise TemplateError("a comment does not end: write {{/* ... */}}, with nothing between */ and }}")
    return match.end(), match["trim"] is not None, []


def _unreadable(source: str, at: int) -> str:
    rest = source[at:].lstrip(SPACE)
    if not rest:
        return "a {{ has no }}: close it, or write {{ `{{` }} for the braces themselves"
    if rest.startswith("/*"):
        return "a comment follows its braces at once: write {{/* ... */}}, or {{- /* ... */ -}}"
    if re.match(r"[+-]?[\d.]+i|[+-][\d.]+i", rest):
        return "complex numbers are not supported: write a number without i"
    if rest[0] in "\"'`":
        return f"a quote does not end at {rest[:20]!r}"
    return f"unexpected {rest[:12]!r} in a template: only names, literals, pipes and parentheses stand in {{{{ }}}}"
