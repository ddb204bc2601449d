"""``command``: run an argument list, never a shell; its time, its output and its group are bounded."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from healer.action import Action, Done, Order
from healer.fields import CLASSIC
from healer.settings import Options
from healer.templates import Template, parse_argument, render
from medic.core import tasks
from medic.core.errors import MedicError
from medic.core.processes import Command, Finished, run
from medic.core.queue import Json
from medic.core.samples import Labels

OUTPUT_KEPT = 64 * 1024
_OUTPUT_GROWS_TO = 1024 * 1024
_DETAIL_KEPT = 2000
_LOOK_EVERY = 0.2
_TIMEOUT = 60.0
_LONGEST = timedelta(hours=1).total_seconds()


@dataclass(frozen=True, slots=True)
class Plan:
    """The options of a command, understood."""

    argv: tuple[Template, ...]
    timeout: float
    """Seconds."""


def read(options: Options) -> Plan:
    """Understand the options; raises MedicError that says what to write."""
    unknown = sorted(set(options) - {"argv", "timeout"})
    if unknown:
        raise MedicError(f"command: unknown option {unknown[0]!r}; it knows argv and timeout")
    argv = tuple(_argument(each) for each in _list(options.get("argv")))
    if not argv[0].literal:
        raise MedicError(f"command: argv[0] is {argv[0].text!r}; an alert may fill in arguments, never the program")
    return Plan(argv, _seconds(options.get("timeout", _TIMEOUT)))


def check(options: Options) -> None:
    """Refuse options that cannot be understood."""
    read(options)


async def command(order: Order) -> Done:
    """Run it to its end, or stop it with its group when its time is over; exit code 0 is a success."""
    plan = read(order.options)
    labels = dict(order.labels)
    argv = tuple(render(argument, labels, order.target) for argument in plan.argv)
    made = Command(argv, env={**os.environ, **environment(order)}, output=order.output)
    finished = await _run(made, plan.timeout)
    if isinstance(finished, MedicError):
        raise finished
    trim(order.output, OUTPUT_KEPT)
    return Done(finished.succeeded, _detail(finished, plan, order.output))


def environment(order: Order) -> Mapping[str, str]:
    """Return what the command learns of its order: target, attempt, and each label as ``MEDIC_LABEL_<NAME>``."""
    return {
        "MEDIC_TARGET": str(order.target),
        "MEDIC_ATTEMPT": str(order.attempt.id),
        **_labels(order.labels),
    }


def trim(path: Path, size: int, *, beyond: int = 0) -> None:
    """Keep the last *size* bytes of a file that is longer than that, and than *beyond*.

    It is changed in place, so that who appends to it goes on appending to it; a missing file is an empty one.
    """
    try:
        with path.open("r+b") as file:
            length = file.seek(0, os.SEEK_END)
            if length <= max(size, beyond):
                return
            file.seek(length - size)
            tail = file.read(size)
            file.seek(0)
            file.write(tail)
            file.truncate(len(tail))
    except FileNotFoundError:
        return


async def _run(made: Command, timeout: float) -> Finished | MedicError:
    """Run it beside a watch over its output; its error is returned, as a task group would wrap a raised one."""
    finished: Finished | MedicError
    async with asyncio.TaskGroup() as group:
        watch = tasks.start(group, _watch(made.output or Path()), name=f"output of {made.argv[0]}")
        try:
            finished = await run(made, timeout=timeout)
        except MedicError as error:
            finished = error
        watch.cancel()
    return finished


async def _watch(path: Path) -> None:
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        trim(path, OUTPUT_KEPT, beyond=_OUTPUT_GROWS_TO)


def _labels(labels: Labels) -> dict[str, str]:
    for name, value in labels:
        if "\0" in value:
            raise MedicError(f"label {name} holds a NUL, which no program can be given")
    # A name that no variable can have, as Prometheus 3 allows them, stays out.
    return {f"MEDIC_LABEL_{name.upper()}": value for name, value in labels if CLASSIC.fullmatch(name)}


def _detail(finished: Finished, plan: Plan, output: Path) -> str:
    how = f"stopped after {plan.timeout:g} s" if finished.timed_out else finished.status.words
    said = output.read_bytes()[-_DETAIL_KEPT:].decode(errors="replace").strip() if output.exists() else ""
    return f"{how}: {said}" if said else how


def _list(value: Json) -> list[Json]:
    if isinstance(value, list | tuple) and value:
        return list(value)
    raise MedicError(f"command: argv is {value!r}; write a list of program and arguments ([systemctl, restart, nginx])")


def _argument(value: Json) -> Template:
    if isinstance(value, str) and value and "\0" not in value:
        return parse_argument(value)
    raise MedicError(f"command: the argument {value!r} is not a text; put it in quotes")


def _seconds(value: Json) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _LONGEST:
        return float(value)
    raise MedicError(f"command: timeout is {value!r}; write seconds, more than 0 and at most an hour")


ACTION = Action(command, check)
