"""Being busy: what was asked is right, and comes too early."""

from medic.core.errors import MedicError


class BusyError(MedicError):
    """Too much is waiting; answered with 503 and Retry-After."""
