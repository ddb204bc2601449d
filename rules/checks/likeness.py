"""Which of many names is most like one that is wrong."""

from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache

_LEAST = 0.75
"""How like a name must be to be proposed, from 0 to 1."""
_PIECE = 3
_SHORT = 5
"""Characters up to which one wrong letter can touch every piece."""
_RAREST, _CANDIDATES = 8, 12
"""Pieces of a name that are looked at, and names that are compared closely: each comparison takes 0.1 ms."""


def most_like(name: str, known: frozenset[str]) -> str:
    """Return the name among *known* that is most like *name*, empty where none is."""
    return next(iter(get_close_matches(name, candidates(name, known), 1, _LEAST)), "")


def candidates(name: str, known: frozenset[str]) -> Sequence[str]:
    """Return the names that are worth a close look: those that share the rarest pieces of *name*.

    They are few however many are *known*, so that a file full of foreign names is checked at once. A short name may
    share no piece with what was meant, so it is held against all short ones.
    """
    if len(name) <= _SHORT:
        return sorted(one for one in known if len(one) <= _SHORT + 1)
    pieces = _pieces_of(known)
    shared = sorted((pieces[piece] for piece in _pieces(name) if piece in pieces), key=len)
    counts = Counter(one for names in shared[:_RAREST] for one in names)
    return [one for one, _ in counts.most_common(_CANDIDATES)]


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
