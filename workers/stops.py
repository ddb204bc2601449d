"""What an operator stopped: a set of pools and workers, kept in one file so that it outlives the daemon."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from medic.core.errors import MedicError
from medic.core.targets import Target, parse_target, pool_target, worker_target


def add(stopped: frozenset[Target], target: Target) -> frozenset[Target]:
    """Stop *target*; a pool takes the place of its workers."""
    return frozenset(other for other in stopped if not target.covers(other)) | {target}


def remove(stopped: frozenset[Target], target: Target, count: int) -> frozenset[Target]:
    """Undo the stop of *target*; when one worker of a stopped pool of *count* is released the others stay stopped."""
    pool = pool_target(target.pool)
    if target != pool and pool in stopped:
        stopped = (stopped - {pool}) | {worker_target(target.pool, slot) for slot in range(1, count + 1)}
    return frozenset(other for other in stopped if not target.covers(other))


def slots_of(stopped: Iterable[Target], pool: str, slots: Iterable[int]) -> frozenset[int]:
    """Return those of a pool's *slots* that are covered by what is stopped (or held)."""
    relevant = [target for target in stopped if target.pool == pool]
    return frozenset(slot for slot in slots if any(target.covers(worker_target(pool, slot)) for target in relevant))


def read(path: Path) -> frozenset[Target]:
    """Read the set; raises MedicError for a line that is no target, as guessing could start what must not run."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split()
    except FileNotFoundError:
        return frozenset()
    try:
        return frozenset(parse_target(line) for line in lines)
    except MedicError as error:
        raise MedicError(f"{path}: {error}; mend the line or delete the file to let all pools run") from error


def write(path: Path, stopped: frozenset[Target]) -> None:
    """Replace the file at once and durably, an empty set removes it; raises MedicError when that is not possible."""
    try:
        if stopped:
            _replace(path, "".join(f"{target}\n" for target in sorted(stopped)))
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise MedicError(f"cannot write {path}: {error.strerror}; free disk space or mend its permissions") from error


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    with contextlib.ExitStack() as undo:
        undo.callback(draft.unlink, missing_ok=True)
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
