"""What Prometheus' API answers when it does not answer: a type, a text, and the HTTP status that goes with it."""

from collections.abc import Mapping
from enum import StrEnum

from medic.core.errors import MedicError

TIMED_OUT = "query timed out in query execution"


class ErrorType(StrEnum):
    """Prometheus' words for what went wrong."""

    BAD_DATA = "bad_data"
    EXECUTION = "execution"
    TIMEOUT = "timeout"
    NOT_FOUND = "not_found"
    UNAVAILABLE = "unavailable"


STATUS: Mapping[ErrorType, int] = {
    ErrorType.BAD_DATA: 400,
    ErrorType.EXECUTION: 422,
    ErrorType.TIMEOUT: 503,
    ErrorType.NOT_FOUND: 404,
    ErrorType.UNAVAILABLE: 503,
}


class ApiError(MedicError):
    """A request that gets an error for an answer."""

    def __init__(self, kind: ErrorType, text: str) -> None:
        """Fail as *kind*, with *text* for whoever asked."""
        super().__init__(text)
        self.kind = kind


def refused(parameter: str, reason: object) -> ApiError:
    """Refuse the value of a parameter, in Prometheus' words."""
    return ApiError(ErrorType.BAD_DATA, f'invalid parameter "{parameter}": {reason}')
