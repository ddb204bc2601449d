"""The one root of the errors that Medic raises on purpose, and how any error is kept."""

from traceback import clear_frames


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


def unburden(error: BaseException) -> None:
    """Empty the frames of an error that is kept, and of those that led to it; its trace can still be written.

    They hold whatever was at hand when it was raised: an answer of megabytes, a connection.
    """
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        clear_frames(link.__traceback__)
        link = link.__cause__ or link.__context__
