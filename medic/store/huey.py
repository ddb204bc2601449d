"""The database file of huey, which is another program's: only ever read."""

import contextlib
import sqlite3
from pathlib import Path

from medic.core.errors import StoreError


def count_tasks(path: Path, queue: str, timeout: float) -> tuple[int, int]:
    """Return how many tasks of *queue* wait for a worker, and how many for their time.

    Waits up to *timeout* seconds while the file is locked. Raises StoreError; a file that does not exist is not made.
    """
    try:
        address = f"{path.absolute().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True, timeout=timeout)) as connection:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM task WHERE queue = :queue),"
                " (SELECT count(*) FROM schedule WHERE queue = :queue)",
                {"queue": queue},
            ).fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"cannot be read as a file of huey ({error}): name the file that SqliteHuey writes") from error
    return int(row[0]), int(row[1])
