"""What can be wrong with a query, when it is compiled and when it is evaluated."""

from medic.core.errors import MedicError


class QueryError(MedicError):
    """The text is no query, or one that is not supported; it names the construct and what to write instead."""

    def __init__(self, what: str, instead: str, *, text: str = "", position: int | None = None) -> None:
        """Say *what* is wrong, what to write *instead*, and where: *position* counts characters of *text* from 0."""
        self.what = what
        self.instead = instead
        self.position = position
        place = "" if position is None else _place(text, position)
        super().__init__(f"{place}{what}: {instead}")


class EvaluationError(MedicError):
    """The query is well formed but its data do not fit it: nothing can be concluded from it now."""


def _place(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    return f"{line}:{column}: "
