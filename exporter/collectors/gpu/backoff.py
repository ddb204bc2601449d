"""When something that failed is tried again: at once, and then after pauses that double up to a cap."""

FIRST = 10.0
MOST = 600.0


class Backoff:
    """Counts failures in a row; its times are seconds of a monotonic clock."""

    def __init__(self, first: float = FIRST, most: float = MOST) -> None:
        """Be due at once, then *first* seconds after a try, then twice as long, up to *most*."""
        self._first = first
        self._most = most
        self.forget()

    def forget(self) -> None:
        """Begin anew: all is well."""
        self._pause = self._first
        self._due: float | None = None

    def is_due(self, now: float) -> bool:
        """Tell whether it is time to try."""
        return self._due is None or now >= self._due

    def tried(self, now: float) -> None:
        """Note a try, whatever comes of it; what succeeds lasts only once ``forget`` is called."""
        self._due = now + self._pause
        self._pause = min(2 * self._pause, self._most)
