"""What is told of process groups, in process-exporter's words."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from exporter.collectors.groups.counts import NOTHING, Counts
from exporter.collectors.groups.tally import Errors, Tally, Told
from exporter.table import PAGE
from medic.core.processes import CLOCK_TICKS
from medic.core.samples import Family, Labels, counter, gauge, labels

PREFIX = "namedprocess_namegroup"
STATES = {"R": "Running", "S": "Sleeping", "D": "Waiting", "Z": "Zombie"}
OTHER = "Other"
"""All other states of the kernel, such as stopped ones and idle threads of its own."""

Row = tuple[Labels, float]


def families(told: Told, booted: int) -> list[Family]:
    """Lay out all groups; *booted* is when the kernel started, in unixtime."""
    tallies = sorted(told.tallies.items())
    return [
        *_sizes(tallies, booted),
        *_breakdowns(tallies),
        *_counters([(name, readable(told.counts.get(name, NOTHING), tally)) for name, tally in tallies]),
        *_threads(told),
        *_errors(told.errors),
    ]


def readable(counts: Counts, tally: Tally) -> Counts:
    """Leave out what can be read of none of the processes that there are just now: it may have risen unseen."""
    if not tally.processes:
        return counts
    return Counts(*(None if now is None else count for count, now in zip(counts, tally.readable, strict=True)))


def _errors(errors: Errors) -> list[Family]:
    rows = (
        ("errors", "general scrape errors: no proc metrics collected during a cycle", errors.sweeps),
        ("procread_errors", "incremented each time a proc's metrics collection fails", errors.processes),
        (
            "partial_errors",
            "incremented each time a tracked proc's metrics collection fails partially, e.g. unreadable I/O stats",
            errors.partial,
        ),
    )
    return [counter(f"namedprocess_scrape_{name}", text, ((), number)) for name, text, number in rows]


def _sizes(tallies: Sequence[tuple[str, Tally]], booted: int) -> list[Family]:
    def each(name: str, text: str, value: Callable[[Tally], float | None]) -> Family:
        found = ((group, value(tally)) for group, tally in tallies)
        return gauge(f"{PREFIX}_{name}", text, *((labels(groupname=group), v) for group, v in found if v is not None))

    return [
        each("num_procs", "number of processes in this group", lambda tally: tally.processes),
        each("num_threads", "Number of threads", lambda tally: tally.threads),
        each(
            "open_filedesc",
            "number of open file descriptors for this group",
            lambda tally: tally.descriptors if tally.processes else 0,
        ),
        each(
            "worst_fd_ratio",
            "the worst (closest to 1) ratio between open fds and max fds among all procs in this group",
            lambda tally: tally.worst_ratio if tally.processes else 0,
        ),
        each(
            "oldest_start_time_seconds",
            "start time in seconds since 1970/01/01 of oldest process in group",
            lambda tally: None if tally.oldest is None else booted + tally.oldest // CLOCK_TICKS,
        ),
    ]


def _breakdowns(tallies: Sequence[tuple[str, Tally]]) -> list[Family]:
    return [
        gauge(f"{PREFIX}_memory_bytes", "number of bytes of memory in use", *_memory(tallies)),
        gauge(
            f"{PREFIX}_states",
            "Number of processes in states Running, Sleeping, Waiting, Zombie, or Other",
            *_states(tallies),
        ),
        gauge(
            f"{PREFIX}_threads_wchan",
            "Number of threads in this group waiting on each wchan",
            *(
                (labels(groupname=group, wchan=wchan), number)
                for group, tally in tallies
                for wchan, number in sorted(tally.wchans.items())
            ),
        ),
    ]


def _memory(tallies: Iterable[tuple[str, Tally]]) -> Iterator[Row]:
    for group, tally in tallies:
        rows = {
            "resident": tally.resident_pages * PAGE,
            "virtual": tally.virtual,
            "swapped": tally.swapped if tally.processes else 0,
            "proportionalResident": tally.proportional,
            "proportionalSwapped": tally.proportional_swap,
        }
        yield from ((labels(groupname=group, memtype=kind), v) for kind, v in rows.items() if v is not None)


def _states(tallies: Iterable[tuple[str, Tally]]) -> Iterator[Row]:
    for group, tally in tallies:
        counts = dict.fromkeys([*STATES.values(), OTHER], 0)
        for letter, number in tally.states.items():
            counts[STATES.get(letter, OTHER)] += number
        yield from ((labels(groupname=group, state=state), number) for state, number in counts.items())


def _counters(groups: Sequence[tuple[str, Counts]]) -> list[Family]:
    def each(name: str, text: str, values: Callable[[Counts], Mapping[str, float | None]], key: str = "") -> Family:
        return counter(f"{PREFIX}_{name}", text, *_rows(((labels(groupname=g), c) for g, c in groups), values, key))

    return [
        each("cpu_seconds_total", "Cpu user usage in seconds", _cpu, "mode"),
        each("context_switches_total", "Context switches", _switches, "ctxswitchtype"),
        each("major_page_faults_total", "Major page faults", lambda counts: {"": counts.major}),
        each("minor_page_faults_total", "Minor page faults", lambda counts: {"": counts.minor}),
        each("read_bytes_total", "number of bytes read by this group", lambda counts: {"": counts.read}),
        each("write_bytes_total", "number of bytes written by this group", lambda counts: {"": counts.written}),
    ]


def _threads(told: Told) -> list[Family]:
    found = [
        (labels(groupname=group, threadname=name), number, told.threads[group][name])
        for group, tally in sorted(told.tallies.items())
        for name, number in sorted(tally.thread_counts.items())
    ]
    counted, known = [(pairs, number) for pairs, number, _ in found], [(pairs, counts) for pairs, _, counts in found]

    def each(name: str, text: str, values: Callable[[Counts], Mapping[str, float | None]], key: str = "") -> Family:
        return counter(f"{PREFIX}_thread_{name}", text, *_rows(known, values, key))

    return [
        gauge(f"{PREFIX}_thread_count", "Number of threads in this group with same threadname", *counted),
        each("cpu_seconds_total", "Cpu user/system usage in seconds", _cpu, "mode"),
        each("io_bytes_total", "number of bytes read/written by these threads", _io, "iomode"),
        each("major_page_faults_total", "Major page faults for these threads", lambda counts: {"": counts.major}),
        each("minor_page_faults_total", "Minor page faults for these threads", lambda counts: {"": counts.minor}),
        each("context_switches_total", "Context switches for these threads", _switches, "ctxswitchtype"),
    ]


def _rows(
    counted: Iterable[tuple[Labels, Counts]], values: Callable[[Counts], Mapping[str, float | None]], key: str
) -> Iterator[Row]:
    """Yield a row for each value that is known; *key* is the label that tells several apart."""
    for pairs, counts in counted:
        for word, value in values(counts).items():
            if value is not None:
                yield labels({**dict(pairs), key: word} if key else dict(pairs)), value


def _cpu(counts: Counts) -> Mapping[str, float | None]:
    return {"user": _seconds(counts.user), "system": _seconds(counts.system)}


def _switches(counts: Counts) -> Mapping[str, float | None]:
    return {"voluntary": counts.voluntary, "nonvoluntary": counts.nonvoluntary}


def _io(counts: Counts) -> Mapping[str, float | None]:
    return {"read": counts.read, "write": counts.written}


def _seconds(ticks: int | None) -> float | None:
    return None if ticks is None else ticks / CLOCK_TICKS
