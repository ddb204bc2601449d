"""The one root of the errors that Medic raises on purpose."""


class MedicError(Exception):
    """Something that the operator can mend; the text says what to do."""


class MisuseError(MedicError):
    """What was written, as an argument or in a file, is wrong whatever there is on this host."""


class StoreError(MedicError):
    """A database cannot be opened, read or written."""


class NotRunningError(MedicError):
    """No daemon answers for this state folder."""


class RefusedError(MedicError):
    """What was asked for is not allowed now; the text says why and what would allow it."""


class InboxFullError(MedicError):
    """More alerts wait than the inbox may hold; the sender is to come again later."""
