"""Finding series for Prometheus' API: the selectors of ``match[]``, and what they select in a view."""

from collections.abc import Callable, Iterable, Sequence

from medic.app.web.promapi.errors import ApiError, ErrorType, refused
from medic.app.web.promapi.questions import Period
from medic.app.web.promapi.turns import Term
from medic.core.samples import Labels
from rules.postings import Matcher
from rules.promql import Query, QueryError
from rules.promql.nodes import Selector, Shift
from rules.views import View

Selections = tuple[tuple[Matcher, ...], ...]
"""What ``match[]`` says: a series is meant when all matchers of any one of these accept it; none mean every series."""
Compile = Callable[[str], Query]
ESCAPED = "U__"
"""Begins a label name that was made to fit into an address."""


def read_selections(texts: Sequence[str], compile_: Compile, term: Term) -> Selections:
    """Read selectors; raises ApiError for what is none, and for what selects any series whatever, which none may."""
    found: list[tuple[Matcher, ...]] = []
    for text in texts:
        term.check()
        found.append(_read_selection(text, compile_))
    return tuple(found)


def _read_selection(text: str, compile_: Compile) -> tuple[Matcher, ...]:
    try:
        root = compile_(text).root
    except QueryError as error:
        raise refused("match[]", syntax(error)) from error
    if not isinstance(root, Selector) or root.shift != Shift():
        raise refused("match[]", f"parse error: {text[:100]!r} is no plain selector: write NAME{{LABEL=VALUE}} alone")
    return root.matchers


def syntax(error: QueryError) -> str:
    """Say what is wrong with an expression: the place first, as clients that point at it expect."""
    text = str(error)
    place = "" if error.position is None else text[: text.index(": ") + 2]
    rest = text.removeprefix(place).removeprefix("parse error: ")
    return f"{place}parse error: {rest}"


def selects(selections: Selections, labels: Labels) -> bool:
    """Tell whether labels are meant by selections."""
    values = dict(labels)
    return not selections or any(all(one.accepts(values.get(one.name, "")) for one in each) for each in selections)


def series(view: View, selections: Selections, period: Period, term: Term) -> list[Labels]:
    """Return the labels, the name among them, of each series that is meant and has samples in *period*, sorted.

    Raises ApiError when its term is over: a request can hold a thousand selections of every series.
    """
    found: set[Labels] = set()
    for each in selections or ((),):
        term.check()
        tracks = view.select(each)
        if period.is_all:
            found.update(track.labels.pairs for track in tracks)
        else:
            spans = view.spans(tracks, period.start_ms - 1, period.end_ms)
            found.update(labels.pairs for labels, _ in spans)
    return sorted(found)


def names(found: Iterable[Labels]) -> list[str]:
    """Return the names of the labels that series have, sorted."""
    return sorted({name for labels in found for name, _ in labels})


def values(found: Iterable[Labels], name: str) -> list[str]:
    """Return the values that series have in the label *name*, sorted."""
    return sorted({value for labels in found for label, value in labels if label == name})


def read_label(name: str) -> str:
    """Return the label that an address names, with ``U__`` undone; raises ApiError for what can be none."""
    plain = unescape(name)
    if not plain:
        raise ApiError(ErrorType.BAD_DATA, f'invalid label name: "{name[:100]}"')
    return plain


def unescape(name: str) -> str:
    """Undo ``U__``: ``__`` stands for ``_``, and ``_2e_`` for the character with that number; else the name stays."""
    if not name.startswith(ESCAPED):
        return name
    found: list[str] = []
    rest = name.removeprefix(ESCAPED)
    while rest:
        plain, mark, rest = rest.partition("_")
        found.append(plain)
        if mark:
            code, closed, rest = rest.partition("_")
            character = _character(code) if closed else None
            if character is None:
                return name
            found.append(character)
    return "".join(found)


def _character(code: str) -> str | None:
    if not code:
        return "_"
    try:
        character = chr(int(code, 16)) if len(code) <= len("10ffff") and code.isalnum() else "\ud800"
    except (ValueError, OverflowError):
        return None
    return None if "\ud800" <= character <= "\udfff" else character
