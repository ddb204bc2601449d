"""How one run is made: a child process with its output in a file, or a built-in job; it always ends in a result."""

import contextlib
import logging
import os
import sys
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

from medic.core.errors import MedicError
from medic.core.outputs import last_line
from medic.core.processes import Command, Finished, run
from medic.core.runs import Run
from medic.core.tasks import OverdueError, in_task, in_thread
from rhythm.leftovers import Leftovers
from rhythm.ports import Builtin, Context, Result
from rhythm.spec import JobSpec

log = logging.getLogger(__name__)


class Runner:
    """Makes runs in a state folder; it knows nothing of due times and keeps nothing but files."""

    def __init__(
        self,
        state: Path,
        builtins: Mapping[str, Builtin | tuple[str, ...]],
        context: Context,
        *,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Run in *state*; *env* is the environment of all children (None: our own), to which a job adds its own."""
        self._state = state
        self._builtins = builtins
        self._context = context
        self._env = dict(os.environ if env is None else env)
        self._leftovers = Leftovers(state / "log" / "runs" / ".running")

    async def recover(self) -> None:
        """End the processes of runs that a killed Medic left behind; for the start, before any run."""
        await self._leftovers.end_all()

    @property
    def builtins(self) -> frozenset[str]:
        """The names that a job may give as its ``run``."""
        return frozenset(self._builtins)

    def output(self, spec: JobSpec, run_: Run) -> str:
        """Name the file that a child will write to, relative to the state folder; empty of a built-in coroutine."""
        return _log(run_) if isinstance(self._work(spec), tuple) else ""

    def kept(self, run_: Run) -> str:
        """Name the file that a run has written to; empty when there is none."""
        return _log(run_) if (self._state / _log(run_)).exists() else ""

    async def forget_output(self, before: datetime) -> None:
        """Delete output that was last written before *before*."""
        folder = self._state / "log" / "runs"
        await in_thread(lambda: _delete_older(folder, before.timestamp()), timeout=60, name="forget-output")

    async def make(self, spec: JobSpec, run_: Run) -> Result:
        """Make a run and say how it went; whatever goes wrong is a result, only a cancellation is raised."""
        try:
            return await self._make(spec, run_)
        except OverdueError:
            return Result(ok=False, summary=_took_too_long(spec))
        except MedicError as error:
            return Result(ok=False, summary=str(error))
        except TimeoutError as error:  # of its own: nothing to look into
            return Result(ok=False, summary=_name(error))
        except Exception as error:  # the one broad except of jobs
            log.exception("job raised", extra={"job": spec.name})
            return Result(ok=False, summary=_name(error))

    async def _make(self, spec: JobSpec, run_: Run) -> Result:
        work = self._work(spec)
        if isinstance(work, tuple):  # it has a limit of its own, which ends the child gently first
            return await self._execute(spec, run_, work)
        limit = spec.timeout.total_seconds()
        result = await in_task(partial(work, self._context), timeout=limit, name=f"work of {spec.name}")
        if result.output:
            _write(self._state / _log(run_), result.output)
        return result

    async def _execute(self, spec: JobSpec, run_: Run, argv: tuple[str, ...]) -> Result:
        output = self._state / _log(run_)
        env = {**self._env, **spec.env, "MEDIC_JOB": spec.name, "MEDIC_DUE": run_.due.isoformat()}
        command = Command(_argv(argv), env=env, output=output)
        try:
            finished = await run(
                command,
                timeout=spec.timeout.total_seconds(),
                on_start=lambda process: self._leftovers.remember(spec.name, process),
            )
            return _judge(spec, finished, last_line(output))
        finally:
            self._leftovers.forget(spec.name)
            _drop_if_empty(output)

    def _work(self, spec: JobSpec) -> Builtin | tuple[str, ...]:
        return self._builtins[spec.run] if isinstance(spec.run, str) else spec.run


def _log(run_: Run) -> str:
    return f"log/runs/{run_.job}/{run_.due:%Y%m%dT%H%M%S}.{run_.due.microsecond // 1000:03d}Z.log"


def _argv(argv: tuple[str, ...]) -> tuple[str, ...]:
    """Let ``medic`` mean this installation, whatever the PATH says."""
    return (sys.executable, "-P", "-m", "medic", *argv[1:]) if argv[0] == "medic" else argv


def _judge(spec: JobSpec, finished: Finished, last_line: str) -> Result:
    if finished.succeeded:
        return Result(ok=True, summary=last_line)
    words = _took_too_long(spec) if finished.timed_out else finished.status.words
    return Result(ok=False, summary=f"{words}: {last_line}" if last_line else words)


def _took_too_long(spec: JobSpec) -> str:
    return f"stopped after its timeout of {spec.timeout}"


def _name(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text if text.endswith("\n") else f"{text}\n", encoding="utf-8")


def _drop_if_empty(path: Path) -> None:
    if path.exists() and not path.stat().st_size:
        path.unlink()


def _delete_older(folder: Path, before: float) -> None:
    for file in folder.glob("*/*.log"):
        with contextlib.suppress(FileNotFoundError):
            if file.stat().st_mtime < before:
                file.unlink()
