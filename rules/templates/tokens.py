"""The words of a template: plain text, and what stands between ``{{`` and ``}}``."""

import json
import re
import sys
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


_END = r"(?=[\s.,|:()=]|-?\}\}|$)"
_ACTION = re.compile(
    r"""
      (?P<CLOSE> (?:\s-)?\}\} )
    | (?P<SPACE> (?:\s(?!-\}\}))+ )
    | (?P<STRING> "(?:\\.|[^"\\\n])*" )
    | (?P<RAW> `[^`]*` )
    | (?P<CHAR> '(?:\\.|[^'\\\n])' )
    | (?P<NUMBER> [+-]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)END )
    | (?P<VARIABLE> \$\w*END )
    | (?P<FIELD> \.[^\W\d]\w*END )
    | (?P<DOT> \.END )
    | (?P<DECLARE> := )
    | (?P<ASSIGN> = )
    | (?P<PIPE> \| )
    | (?P<LEFT> \( )
    | (?P<RIGHT> \) )
    | (?P<COMMA> , )
    | (?P<NAME> [^\W\d]\w*END )
    """.replace("END", _END),
    re.VERBOSE,
)
_COMMENT = re.compile(r"/\*.*?\*/(?P<trim>\s-)?\}\}", re.DOTALL)


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
        at, trim, found = _action(source, start + (3 if left else 2))
        yield from found


def _trims(source: str, start: int) -> bool:
    return source[start + 2 : start + 3] == "-" and source[start + 3 : start + 4].isspace()


def _text(text: str, left: bool, right: bool) -> Iterator[Token]:
    text = text.lstrip() if left else text
    text = text.rstrip() if right else text
    if text:
        yield Token(Word.TEXT, text)


def _action(source: str, at: int) -> tuple[int, bool, list[Token]]:
    """Read up to the closing braces; says where they end, whether they trim, and what stood before them."""
    begin = len(source) - len(source[at:].lstrip())
    if source.startswith("/*", begin):
        return _comment(source, begin)
    found = [Token(Word.OPEN, "{{")]
    joined = False
    while (match := _ACTION.match(source, at)) is not None:
        at = match.end()
        if match.lastgroup != "SPACE":
            found.append(Token(Word[str(match.lastgroup)], match[0], joined))
        if match.lastgroup == "CLOSE":
            return at, match[0] != "}}", found
        joined = match.lastgroup != "SPACE"
    raise TemplateError(_unreadable(source, at))


def _comment(source: str, at: int) -> tuple[int, bool, list[Token]]:
    match = _COMMENT.match(source, at)
    if match is None:
        raise TemplateError("a comment does not end: write {{/* ... */}}")
    return match.end(), match["trim"] is not None, []


def _unreadable(source: str, at: int) -> str:
    rest = source[at:].lstrip()
    if not rest:
        return "a {{ has no }}: close it, or write {{ `{{` }} for the braces themselves"
    if rest[0] in "\"'`":
        return f"a quote does not end at {rest[:20]!r}"
    return f"unexpected {rest[:12]!r} in a template: only names, literals, pipes and parentheses stand in {{{{ }}}}"


_LAST_BYTE = 0xFF
_GO_ONLY = {"\\a": "\a", "\\v": "\v", "\\'": "'"}
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|U([0-9a-fA-F]{8})|u([0-9a-fA-F]{4})|(.))", re.DOTALL)


def unquote(token: Token) -> str:
    """Read a string token's text with Go's escapes; raises TemplateError for an escape that Go does not know."""
    if token.word is Word.RAW:
        return token.text[1:-1].replace("\r", "")
    return _ESCAPE.sub(_unescape, token.text[1:-1])


def _unescape(found: re.Match[str]) -> str:
    hexadecimal, octal, long, short, single = found.groups()
    if single is not None:
        return _single(found[0])
    code = int(octal, 8) if octal else int(hexadecimal or long or short, 16)
    if code > (_LAST_BYTE if octal else sys.maxunicode):
        raise TemplateError(f"{found[0]} is not a character")
    return chr(code)


def _single(escape: str) -> str:
    if escape in _GO_ONLY:
        return _GO_ONLY[escape]
    if escape[1] not in 'bfnrt\\"':
        raise TemplateError(f"{escape} is no escape: write {escape[1]}, or \\\\ for a backslash")
    return str(json.loads(f'"{escape}"'))
