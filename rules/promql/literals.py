"""Strings, numbers and durations as Go and PromQL write them."""

import json
import re
from decimal import Decimal
from math import inf, isfinite, isinf, isnan, nan

from rules.durations import read_units

SIMPLE = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "'": 39, '"': 34}
ESCAPE = re.compile(
    r"\\(?:(?P<simple>[abfnrtv\\'\"])|x(?P<hex>[0-9a-fA-F]{2})|(?P<octal>[0-7]{3})"
    r"|u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8})|(?P<bad>.?))",
    re.DOTALL,
)
OCTAL = re.compile(r"0[0-7]+")
FLOAT = re.compile(r"[-+]?(?:inf|infinity|nan|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?)", re.IGNORECASE)
HEX_FLOAT = re.compile(r"[-+]?0x(?:[0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)p[-+]?[0-9]{1,3}", re.IGNORECASE)
LARGEST_BYTE, LARGEST_CHARACTER = 0xFF, 0x10FFFF
SURROGATES = range(0xD800, 0xE000)
SMALLEST_PLAIN = -4
"""The power of ten below which Go writes an exponent."""


def unquote(literal: str) -> str:
    """Return what a quoted string means; bytes that are no UTF-8 become surrogates. Raises ValueError."""
    quote, body = literal[0], literal[1:-1]
    if quote == "`":
        return body
    parts: list[bytes] = []
    end = 0
    for escape in ESCAPE.finditer(body):
        parts.extend((body[end : escape.start()].encode("utf-8", "surrogateescape"), _unescape(escape, quote)))
        end = escape.end()
    parts.append(body[end:].encode("utf-8", "surrogateescape"))
    return b"".join(parts).decode("utf-8", "surrogateescape")


def quote(text: str) -> str:
    """Write a string literal; bytes that are no UTF-8 are escaped."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(f"\\x{ord(one) - 0xDC00:02x}" if "\udc80" <= one <= "\udcff" else one for one in quoted)


def _unescape(escape: re.Match[str], quote: str) -> bytes:
    simple = escape["simple"]
    if simple and (simple == quote or simple not in "'\""):
        return bytes((SIMPLE[simple],))
    byte = int(escape["hex"], 16) if escape["hex"] else int(escape["octal"] or "400", 8)
    if byte <= LARGEST_BYTE:
        return bytes((byte,))
    code = int(escape["short"] or escape["long"] or "FFFFFFFF", 16)
    if code > LARGEST_CHARACTER or code in SURROGATES:
        raise ValueError(f"{escape[0]} is no escape sequence")
    return chr(code).encode()


def number(text: str) -> float | None:
    """Read a number or a duration (in seconds) with an optional sign; None when it is neither."""
    text = "".join(text.split()).lower()
    sign = -1.0 if text.startswith("-") else 1.0
    body = text.lstrip("+-").replace("_", "")
    if body in {"inf", "nan"}:
        return sign * (inf if body == "inf" else nan)
    try:
        base = 16 if body.startswith("0x") else 8 if OCTAL.fullmatch(body) else 0
        return sign * (int(body, base) if base else float(body))
    except (ValueError, OverflowError):
        milliseconds = read_units(body)
        return None if milliseconds is None else sign * milliseconds / 1000


def parse_float(text: str) -> float | None:
    """Read a number as Go's ``ParseFloat`` does, infinities and NaN too; None when it is none, or too large."""
    if not FLOAT.fullmatch(text):
        return float.fromhex(text) if HEX_FLOAT.fullmatch(text) else None
    value = float(text)
    return None if isinf(value) and "inf" not in text.lower() else value


def show_number(value: float) -> str:
    """Write a number as Go's ``FormatFloat(v, 'f', -1, 64)`` does, which ``count_values`` uses for its label."""
    if isnan(value):
        return "NaN"
    if isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    text = repr(value)
    return text.removesuffix(".0") if "e" not in text else f"{Decimal(text):f}"


def show_general(value: float, *, plain_below: int = 6) -> str:
    """Write a number as Go's ``%g`` does: the fewest digits, from 10 to the power *plain_below* on with an exponent."""
    if not isfinite(value) or not value:
        return show_number(value)
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    power = len(digits) - 1 + int(exponent)
    if SMALLEST_PLAIN <= power < plain_below:
        return show_number(value)
    shortest = "".join(map(str, digits)).rstrip("0")
    point = "." if len(shortest) > 1 else ""
    return f"{'-' * sign}{shortest[0]}{point}{shortest[1:]}e{'-' if power < 0 else '+'}{abs(power):02d}"
