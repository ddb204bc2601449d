"""Python's collector of garbage, set for a process that has come up and lives long."""

import gc

YOUNG = 10_000
"""Objects that may be made before the young are looked through; a scrape makes some two thousand, a tick as many."""
RARER = 20
"""How many looks at a younger generation there are for each at an older one."""


def settle() -> None:
    """Take what is there now for what stays, and look for garbage less often; call it once, when all has come up.

    Nearly all that Medic makes is freed by its reference count. To look through the 100,000 objects of its modules
    again and again would cost a tenth of each scrape.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, RARER, RARER)
