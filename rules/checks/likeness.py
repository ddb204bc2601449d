"""Which of many names is most like one that is wrong."""

from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache

_LEAST = 0.75
"""How like a name must be to be proposed, from 0 to 1."""
_PIECE = 3
_RAREST, _CANDIDATES = 8, 12
"""Pieces of a name that are looked at, and names that are compared closely: each comparison takes 0.1 ms."""


def most_like(name: str, known: frozenset[str]) -> str:
    """Return the name among *known* that is most like *name*, empty where none is.

    Only those that share its rarest pieces are compared, so that a file full of foreign names is checked at once.
    """
    pieces = _pieces_of(known)
    shared = sorted((pieces[piece] for piece in _pieces(name) if piece in pieces), key=len)
    counts = Counter(one for names in shared[:_RAREST] for one in names)
    candidates = [one for one, _ in counts.most_common(_CANDIDATES)]
    return next(iter(get_close_matches(name, candidates, 1, _LEAST)), "")


@lru_cache(maxsize=4)  # one check asks for many names among the same
def _pieces_of(known: frozenset[str]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for name in sorted(known):
        for piece in _pieces(name):
            found.setdefault(piece, []).append(name)
    return found


def _pieces(name: str) -> set[str]:
    padded = f" {name} "
    return {padded[at : at + _PIECE] for at in range(len(padded) - _PIECE + 1)}
