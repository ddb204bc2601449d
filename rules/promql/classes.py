"""Character classes of RE2, as ranges of code points, and Python's way to write them."""

import sys
import unicodedata
from collections.abc import Iterable
from functools import cache

LAST = 0x10FFFF
Ranges = tuple[tuple[int, int], ...]


def _ranges(*parts: str) -> Ranges:
    return tuple((ord(part[0]), ord(part[-1])) for part in parts)


PERL: dict[str, Ranges] = {
    "d": _ranges("09"),
    "s": _ranges("\t\n", "\f\r", " "),
    "w": _ranges("09", "AZ", "_", "az"),
}
POSIX: dict[str, Ranges] = {
    "alnum": _ranges("09", "AZ", "az"),
    "alpha": _ranges("AZ", "az"),
    "ascii": ((0, 0x7F),),
    "blank": _ranges("\t", " "),
    "cntrl": ((0, 0x1F), (0x7F, 0x7F)),
    "digit": _ranges("09"),
    "graph": _ranges("!~"),
    "lower": _ranges("az"),
    "print": _ranges(" ~"),
    "punct": _ranges("!/", ":@", "[`", "{~"),
    "space": _ranges("\t\r", " "),
    "upper": _ranges("AZ"),
    "word": _ranges("09", "AZ", "_", "az"),
    "xdigit": _ranges("09", "AF", "af"),
}


def complement(ranges: Ranges) -> Ranges:
    """Return all code points that *ranges* (ascending, apart) leaves out."""
    found: list[tuple[int, int]] = []
    begin = 0
    for low, high in ranges:
        if low > begin:
            found.append((begin, low - 1))
        begin = high + 1
    return (*found, (begin, LAST))


@cache
def category(name: str) -> Ranges:
    """Return the characters of a general category of Unicode, such as ``L`` or ``Lu``; none where it is not known.

    It looks at every character there is, which takes a tenth of a second, once a category.
    """
    points = (point for point in range(sys.maxunicode + 1) if unicodedata.category(chr(point)).startswith(name))
    return merged((point, point) for point in points)


def merged(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Sort *ranges* and join those that touch."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return tuple(found)


def write(ranges: Iterable[tuple[int, int]], *, negated: bool = False) -> str:
    """Write ranges as a character class; each point is escaped, so that none can mean anything else."""
    body = "".join(f"\\U{low:08x}" if low == high else f"\\U{low:08x}-\\U{high:08x}" for low, high in merged(ranges))
    return f"[{'^' if negated else ''}{body}]"
