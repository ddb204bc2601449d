"""Child processes that outlived a Medic which was killed: remembered while they run, ended at the next start."""

import json
import logging
from pathlib import Path

from medic.core.processes import adopt
from medic.core.workers import ProcessId

log = logging.getLogger(__name__)


class Leftovers:
    """One small file for each running child; a file found at start names a process to end."""

    def __init__(self, folder: Path) -> None:
        """Keep the files in *folder*, which nobody else writes."""
        self._folder = folder

    def remember(self, job: str, process: ProcessId) -> None:
        """Note who runs for *job*; not synced, since a machine that loses power loses the process too."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file(job).write_text(json.dumps(process), encoding="utf-8")

    def forget(self, job: str) -> None:
        """Note that it has ended."""
        self._file(job).unlink(missing_ok=True)

    async def end_all(self) -> tuple[str, ...]:
        """End, with its group, each process that is still the one that was noted; returns the jobs' names."""
        ended = []
        for file in sorted(self._folder.glob("*.json")):
            process = adopt(found) if (found := _read(file)) else None
            if process is not None:
                await process.kill()
                ended.append(file.stem)
                log.warning("the process of an interrupted run was ended", extra={"job": file.stem})
            file.unlink()
        return tuple(ended)

    def _file(self, job: str) -> Path:
        return self._folder / f"{job}.json"


def _read(file: Path) -> ProcessId | None:
    """Read who was noted; a file that was cut short names nobody."""
    try:
        boot, pid, start = json.loads(file.read_text(encoding="utf-8"))
        return ProcessId(str(boot), int(pid), int(start))
    except (OSError, ValueError, TypeError):
        return None
