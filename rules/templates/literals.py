"""Strings, characters and numbers as templates write them."""

import re
from math import isfinite

from rules.promql.literals import unquote as unquoted
from rules.templates.tokens import Token, Word
from rules.templates.values import TemplateError, Value

_LEAST, _MOST = -(1 << 63), 1 << 64
"""Go reads whole numbers of 64 bits, with or without a sign."""
_ESCAPE = re.compile(
    r"\\(?:[abfnrtv\\]|x[0-9a-fA-F]{2}|[0-3][0-7]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|(?P<other>.))", re.DOTALL
)
_BYTE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|([0-7]{3}))")


def literal(token: Token) -> Value:
    """Return what a literal means; raises TemplateError for what is none to Go."""
    if token.word in {Word.STRING, Word.RAW}:
        return unquote(token)
    if token.word is Word.CHAR:
        return _character(token.text)
    if token.word is Word.NUMBER:
        return _number(token.text)
    raise TemplateError(f"unexpected {token.text!r} in a command")


def unquote(token: Token) -> str:
    """Read a string token's text; bytes that are no UTF-8 become surrogates. Raises TemplateError for a bad escape."""
    if token.word is Word.RAW:
        return token.text[1:-1].replace("\r", "")
    return _unescaped(token.text)


def _unescaped(quoted: str) -> str:
    for found in _ESCAPE.finditer(quoted, 1, len(quoted) - 1):
        if found["other"] is not None and found["other"] != quoted[0]:
            raise TemplateError(f"{found[0]} is no escape: write {found['other']}, or \\\\ for a backslash")
    try:
        return unquoted(quoted)
    except ValueError as error:
        raise TemplateError(str(error)) from None


def _character(quoted: str) -> int:
    r"""Read ``'a'`` as the number of its character, and ``'\xff'`` as that of its byte."""
    found = _BYTE.fullmatch(quoted, 1, len(quoted) - 1)
    if found is not None:
        return int(found[1], 16) if found[1] else int(found[2], 8)
    characters = _unescaped(quoted)
    if len(characters) != 1:
        raise TemplateError(f"{quoted} is not one character: write a string in double quotes")
    return ord(characters)


def _number(text: str) -> int | float:
    try:
        value = _converted(text)
    except (ValueError, OverflowError):
        raise TemplateError(f"{text} is not a number") from None
    if not (_LEAST <= value < _MOST if isinstance(value, int) else isfinite(value)):
        raise TemplateError(f"{text} is too large a number")
    return value


def _converted(text: str) -> int | float:
    digits = text.lstrip("+-").lower()
    if digits.startswith("0x") and "p" in digits:
        return float.fromhex(text.replace("_", ""))
    if digits.startswith(("0x", "0b", "0o")):
        return int(text, 0)
    if "." in digits or "e" in digits:
        return float(text)
    return int(text, 8) if digits.startswith("0") and digits != "0" else int(text)
