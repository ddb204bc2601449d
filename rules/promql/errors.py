"""What can be wrong with a query, when it is compiled and when it is evaluated."""

from medic.core.errors import MedicError


class QueryError(MedicError):
    """The text is no query, or one that is not supported; it names the construct and what to write instead."""

    def __init__(self, what: str, instead: str, *, text: str = "", position: int | None = None) -> None:
        """Say *what* is wrong, what to write *instead*, and where: *position* counts characters of *text* from 0."""
        self.what = what
        self.instead = instead
        self.position = position
        where = "" if position is None else f"{place(text, position)}: "
        super().__init__(f"{where}{what}: {instead}")


class UnsupportedError(QueryError):
    """The query is one of Prometheus', but with a construct that is not supported: experimental, or of another kind."""

    def __init__(self, kind: str, what: str, instead: str, *, text: str = "", position: int | None = None) -> None:
        """Say of which *kind* the construct is, and the rest as QueryError does."""
        self.kind = kind
        super().__init__(what, instead, text=text, position=position)


class EvaluationError(MedicError):
    """The query is well formed but its data do not fit it: nothing can be concluded from it now."""


def place(text: str, position: int) -> str:
    """Return line and column of the character at *position*, both from 1 on, as ``1:5``."""
    line = text.count("\n", 0, position) + 1
    return f"{line}:{position - text.rfind(chr(10), 0, position)}"
