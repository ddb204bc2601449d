"""Whole numbers as Prometheus' reader of YAML takes them: with Go's ways to write them, and fractions cut off."""

import re

_LEAST, _MOST = -(2**63), 2**63 - 1
_LONGEST = 80
"""Digits of any base that make a number of 64 bits; what is longer is at most a large float."""
_WRITTEN = {
    2: re.compile(r"0[bB][01]+"),
    16: re.compile(r"0[xX][0-9a-fA-F]+"),
    8: re.compile(r"0[oO]?[0-7]+"),
    10: re.compile(r"0|[1-9][0-9]*"),
}
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def read_whole(text: str) -> int | None:
    """Read a number such as ``1_000``, ``0x1f``, ``010`` (8) or ``1e3``; None for what is none of 64 bits."""
    plain = text.replace("_", "")
    digits = plain[1:] if plain[:1] in {"-", "+"} else plain
    base = next((base for base, written in _WRITTEN.items() if written.fullmatch(digits)), 0)
    if text.startswith("_") or not (base or _FLOAT.fullmatch(plain)):
        return None
    number = int(digits, base) if base and len(digits) <= _LONGEST else float(digits if base in {0, 10} else "inf")
    value = -number if plain.startswith("-") else number
    return int(value) if _LEAST <= value <= _MOST else None
