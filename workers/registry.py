"""Which task types a worker knows: the built-in ones, those of installed packages, and those of a user's own file."""

import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from medic.core.errors import MedicError
from medic.core.queue import Json
from workers.tasks import benchmark_test, health_check
from workers.tasks.context import TaskContext, TaskType

T = TypeVar("T")

GROUP = "medic.tasks"
BUILT_IN: Mapping[str, TaskType] = {
    "health_check": health_check.run,
    "benchmark_test": benchmark_test.run,
}
EXAMPLE = 'TASKS = {"order": order} with def order(payload, context): ...'


def load(files: Iterable[Path] = ()) -> dict[str, TaskType]:
    """Return all task types by name: built-in, then entry points, then *files*; each name may be given once.

    A broken package costs its own types alone: their tasks fail and say why. A file that was named on purpose must be
    sound; raises MedicError otherwise.
    """
    known = dict(BUILT_IN)
    for entry in entry_points(group=GROUP):
        _add(known, {entry.name: _load_entry(entry)}, f"the package {entry.value}")
    for path in files:
        _add(known, load_file(path), str(path))
    return known


def load_file(path: Path) -> dict[str, TaskType]:
    """Return the task types that a Python file names in its ``TASKS``; modules beside the file can be imported by it.

    Raises MedicError that says what is wrong with the file.
    """
    if not path.is_file():
        raise MedicError(f"{path}: no such file; name a Python file that has {EXAMPLE}")
    module = _guarded(partial(_execute, path.resolve()), str(path))
    tasks = getattr(module, "TASKS", None)
    if not isinstance(tasks, dict) or not tasks:
        raise MedicError(f"{path}: names no task types; write {EXAMPLE}")
    return {str(name): _check(f"{path}: task type {name!r}", task) for name, task in tasks.items()}


def _add(known: dict[str, TaskType], more: Mapping[str, TaskType], source: str) -> None:
    for name, task in more.items():
        if name in known:
            raise MedicError(f"{source}: task type {name!r} is there already; give it another name")
        known[name] = task


def _load_entry(entry: EntryPoint) -> TaskType:
    source = f"task type {entry.name!r} of {entry.value}"
    try:
        return _check(source, _guarded(entry.load, source))
    except MedicError as error:
        return partial(_refuse, str(error))


def _refuse(error: str, _payload: Json, _context: TaskContext) -> Json:
    raise MedicError(error)


def _execute(path: Path) -> ModuleType:
    name = f"medic_tasks_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise MedicError("is not a Python file; its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look a class's module up there
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))  # last, so that a file beside it can shadow nothing
    spec.loader.exec_module(module)
    return module


def _guarded(work: Callable[[], T], source: str) -> T:
    """Run other people's code at import; whatever it raises becomes an error that names its source."""
    try:
        return work()
    except Exception as error:
        where = _last_line(error)
        raise MedicError(f"{source}: cannot be imported: {type(error).__name__}: {error}{where}") from error


def _last_line(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f" (line {trace.tb_lineno} of {trace.tb_frame.f_code.co_filename})" if trace is not None else ""


def _check(source: str, task: object) -> TaskType:
    if not callable(task) or inspect.iscoroutinefunction(task):
        raise MedicError(f"{source} is no plain function; write def name(payload, context): ...")
    try:
        inspect.signature(task).bind(None, None)
    except TypeError as error:
        raise MedicError(
            f"{source} must take two arguments ({error}); write def name(payload, context): ..."
        ) from error
    except ValueError:  # built in C without a signature: the first task will tell
        pass
    return task
