"""Named instants at which a test may have this process die as by ``kill -9``."""

import os
import signal

_SPENT: dict[str, int] = {}


def failpoint(name: str) -> None:
    """Die at once when ``MEDIC_FAILPOINT`` is *name*, or ``name:n`` at its n-th passing; else do nothing.

    This is how crash safety is proven: every journal write, spawn, stop and action has one before and one after.
    """
    wanted, _, nth = os.environ.get("MEDIC_FAILPOINT", "").partition(":")
    if wanted != name:
        return
    _SPENT[name] = _SPENT.get(name, 0) + 1
    if _SPENT[name] >= int(nth or 1):
        os.kill(os.getpid(), signal.SIGKILL)
