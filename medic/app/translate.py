"""From the configuration file's words to each room's own: pools, remedies, jobs."""

from datetime import time, timedelta

from exporter.collectors.groups.spec import Group, GroupSettings
from healer.settings import ActionSpec, Delays, Policy, Verify
from healer.settings import Remedy as HealerRemedy
from healer.templates import parse_template
from medic.app.matching import read_matcher
from medic.app.settings.heal import Action, Remedy
from medic.app.settings.model import Settings
from medic.app.settings.processes import ProcessesCollector, ProcessGroup, read_pattern
from medic.app.settings.recur import Job
from medic.app.settings.sections import keys_of
from medic.app.settings.work import OnExit, Pool
from medic.app.zone import local
from medic.core.queue import Json
from medic.core.targets import Target, TargetKind, pool_target
from rhythm.spec import At, Every, JobSpec, Missed, Rhythm
from workers.spec import End, PoolSpec, resolve

QUEUE_SERVER = "queue-server"
"""The pool, of one worker, that serves the embedded queues."""


def pools(settings: Settings) -> list[PoolSpec]:
    """Return the pools of the configuration, before them the queue server's when a queue is embedded."""
    own = [_pool(pool, settings) for pool in settings.workers]
    return [_queue_server(settings, own), *own] if settings.embedded else own


def _queue_server(settings: Settings, own: list[PoolSpec]) -> PoolSpec:
    kept = any(spec.on_exit is End.KEEP for spec in own)  # workers that stay need their queue
    return PoolSpec(
        name=QUEUE_SERVER,
        command=resolve(["medic", "queue", "serve"]),
        env=_environment(settings),
        cwd=settings.folder,
        on_exit=End.KEEP if kept else End.STOP,
    )


def _pool(pool: Pool, settings: Settings) -> PoolSpec:
    return PoolSpec(
        name=pool.pool,
        command=resolve(pool.command),
        count=pool.count,
        env={**_environment(settings), **pool.environment},
        cwd=pool.cwd or settings.folder,
        heartbeat=pool.heartbeat,
        stop_timeout=pool.stop_timeout,
        after=_after(pool, settings),
        on_exit=End.KEEP if pool.on_exit is OnExit.KEEP else End.STOP,
    )


def _after(pool: Pool, settings: Settings) -> tuple[str, ...]:
    """Name the pools that come first; the queue server always does, so that leases can be given back at the end."""
    first = (QUEUE_SERVER,) if settings.embedded else ()
    return tuple(dict.fromkeys([*first, *(_pool_behind(target, settings) for target in pool.after)]))


def _pool_behind(target: Target, settings: Settings) -> str:
    """Name the pool that must run before: a queue's is the queue server, where the queue is embedded."""
    embedded = {queue.name for queue in settings.embedded}
    return QUEUE_SERVER if target.kind is TargetKind.QUEUE and target.name in embedded else target.name


def _environment(settings: Settings) -> dict[str, str]:
    config = {"MEDIC_CONFIG": str(settings.file)} if settings.file else {}
    return {"MEDIC_STATE": str(settings.state), **config}


def process_groups(wanted: ProcessesCollector) -> GroupSettings:
    """Return which groups of processes are told of."""
    return GroupSettings(
        groups=tuple(_group(group) for group in wanted.groups),
        top=wanted.top,
        children=wanted.children,
        threads=wanted.threads,
        smaps=wanted.smaps,
    )


def _group(group: ProcessGroup) -> Group:
    return Group(
        name=group.name,
        match=read_pattern(group.match) if group.match else None,
        comm=group.comm,
        exe=group.exe,
        cmdline=tuple(read_pattern(text) for text in group.cmdline),
        unit=group.unit or "",
        pidfile=group.pidfile,
    )


def policy(settings: Settings) -> Policy:
    """Return the remedies in their order and what holds for all of them."""
    return Policy(
        remedies=tuple(_remedy(remedy) for remedy in settings.remedies),
        mode=settings.healing.mode,
        rest=settings.healing.rest,
        declared=declared(settings),
    )


def declared(settings: Settings) -> frozenset[Target]:
    """Return every target that a section of the configuration declares, and the host."""
    named = [
        (TargetKind.QUEUE, (queue.name for queue in settings.queues)),
        (TargetKind.UNIT, settings.targets.units),
        (TargetKind.CONTAINER, settings.targets.containers),
        (TargetKind.PROBE, (probe.name for probe in settings.probes)),
        (TargetKind.JOB, (job.name for job in settings.every_job)),
    ]
    found = {Target(kind, name) for kind, names in named for name in names}
    return frozenset({Target(TargetKind.HOST), *found, *(pool_target(spec.name) for spec in pools(settings))})


def _remedy(remedy: Remedy) -> HealerRemedy:
    return HealerRemedy(
        name=remedy.name,
        matchers=tuple(read_matcher(text) for text in remedy.match),
        target=parse_template(remedy.target),
        ladder=tuple(_rung(action) for action in remedy.do),
        mode=remedy.effective_mode,
        grace=remedy.grace,
        attempts=remedy.attempts,
        backoff=Delays(remedy.backoff.first, remedy.backoff.max),
        verify=Verify(remedy.verify.within, remedy.verify.stable, remedy.verify.expr or ""),
    )


def _rung(action: Action) -> ActionSpec:
    """Hand an action what the file gives it, as the healer reads options: durations in seconds, lists as lists."""
    options = getattr(action, action.name)
    given = {name: getattr(options, name) for name in keys_of(type(options))}
    return ActionSpec(action.name, {name: _option(value) for name, value in given.items() if value is not None})


def _option(value: timedelta | tuple[str, ...] | str) -> Json:
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value if isinstance(value, str) else [*value]


def jobs(settings: Settings) -> list[JobSpec]:
    """Return every job, the built-in ones included; the canary needs a queue that can carry one."""
    carries = settings.embedded or any(queue.canary for queue in settings.queues)
    wanted = (job for job in settings.every_job if job.name != "canary" or carries)
    return [_job(job, settings) for job in wanted]


def _job(job: Job, settings: Settings) -> JobSpec:
    return JobSpec(
        name=job.name,
        trigger=_rhythm(job),
        run=job.run or job.name,
        after=job.after,
        timeout=job.timeout,
        priority=job.priority,
        env={**_environment(settings), **job.environment},
        missed=Missed(job.missed),
        at_start=job.name in {"canary", "health-check"},
        enabled=job.enabled,
    )


def _rhythm(job: Job) -> Rhythm:
    if job.every is not None:
        return Every(job.every)
    return At(job.at or time(0), str(job.timezone) if job.timezone else local())
