"""What no value can say alone: names used twice, references to nothing, addresses that clash, cycles.

All of it is read off the tree and not off the models, so that a wrong value elsewhere hides nothing.
"""

from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points

from healer.settings import OPERATOR, WORKER_EXIT
from medic.app.settings import measure
from medic.app.settings.mistakes import Finding, Path, write_path
from medic.app.settings.patterns import Pattern, find, find_texts, value_at
from medic.app.settings.peers import parse_base, without_user
from medic.app.settings.queues import check_queues
from medic.app.settings.recur import BUILT_IN
from medic.app.settings.secretfiles import UNREAD
from medic.app.settings.sections import WrongValueError
from medic.app.settings.yaml import Tree

NAMES: dict[str, Pattern] = {
    "queue": ("queues", "*", "name"),
    "pool": ("workers", "*", "pool"),
    "job": ("jobs", "*", "name"),
    "remedy": ("remedies", "*", "name"),
    "probe": ("probes", "*", "name"),
}
QUEUE_SERVER = "queue-server"
RESERVED = {"pool": frozenset({QUEUE_SERVER}), "remedy": frozenset({WORKER_EXIT, OPERATOR})}
"""What Medic itself calls its own."""
UNIQUE: tuple[Pattern, ...] = (*NAMES.values(), ("targets", "units", "*"), ("targets", "containers", "*"))
TRIGGERS = ("every", "at", "cron", "on")


def check(tree: Tree) -> Iterator[Finding]:
    """Yield a finding for each relation in *tree* that does not hold."""
    for pattern in UNIQUE:
        yield from _twice(tree, pattern)
    yield from _reserved(tree)
    yield from _clashes(tree)
    yield from _unknown_parents(tree)
    yield from _cycles(tree)
    yield from check_queues(tree)
    yield from measure.check(tree)
    yield from _jobs(tree)
    yield from _alertmanagers(tree)


def names(tree: Tree, kind: str) -> frozenset[str]:
    """Return the names that are declared for a kind of thing, those whose section is wrong included."""
    declared = frozenset(name for _, name in find_texts(tree, NAMES[kind]))
    if kind == "job":
        return declared | frozenset(BUILT_IN)
    serves = kind == "pool" and any(_backend(queue) == "embedded" for _, queue in find(tree, ("queues", "*")))
    return declared | {QUEUE_SERVER} if serves else declared


def _twice(tree: Tree, pattern: Pattern) -> Iterator[Finding]:
    first: dict[str, Path] = {}
    for path, name in find_texts(tree, pattern):
        if name in first:
            yield Finding(path, f"{name!r} stands at {write_path(first[name])} already", "give each its own name")
        first.setdefault(name, path)


def _reserved(tree: Tree) -> Iterator[Finding]:
    for kind, taken in RESERVED.items():
        for path, name in find_texts(tree, NAMES[kind]):
            if name in taken:
                yield Finding(path, f"{name!r} is the name of Medic's own {kind}", "choose another name")


def _clashes(tree: Tree) -> Iterator[Finding]:
    """Two that would listen on one address; port 0 is another one for each."""
    first: dict[str, Path] = {}
    for path, address in _addresses(tree):
        if address.endswith(":0"):
            continue
        if address in first:
            other = write_path(first[address])
            yield Finding(path, f"{address} is taken by {other}", "give each its own port, such as 127.0.0.1:8092")
        first.setdefault(address, path)


def _addresses(tree: Tree) -> Iterator[tuple[Path, str]]:
    yield ("listen",), _text(tree, ("listen",)) or "127.0.0.1:10119"
    for path, queue in find(tree, ("queues", "*")):
        if _backend(queue) == "embedded":
            yield (*path, "listen"), _text(queue, ("listen",)) or "127.0.0.1:8091"


def _unknown_parents(tree: Tree) -> Iterator[Finding]:
    jobs = names(tree, "job")
    for path, name in find_texts(tree, ("jobs", "*", "after", "*")):
        if name not in jobs:
            yield Finding(path, f"there is no job {name!r}", f"name one of {_listed(jobs)}")
    for path, text in find_texts(tree, ("workers", "*", "after", "*")):
        yield from unknown_target(tree, path, text, ("queue", "pool"))


def unknown_target(tree: Tree, path: Path, text: str, kinds: tuple[str, ...]) -> Iterator[Finding]:
    """Yield a finding when the target *text* is of none of *kinds*, or of one of them and declared nowhere."""
    kind, colon, name = text.partition(":")
    if not colon:
        return  # its own check says that it is no target
    if kind not in kinds:
        yield Finding(path, f"{text} cannot stand here", f"name one of the kinds {_listed(kinds)}")
        return
    declared = names(tree, kind)
    if name not in declared:
        there = f"name one of {_listed(declared)}" if declared else f"declare a {kind} first"
        yield Finding(path, f"there is no {kind} {name!r}", there)


def _cycles(tree: Tree) -> Iterator[Finding]:
    yield from _cycle(tree, ("jobs", "*"), "name", prefix="")
    yield from _cycle(tree, ("workers", "*"), "pool", prefix="pool:")


def _cycle(tree: Tree, pattern: Pattern, key: str, *, prefix: str) -> Iterator[Finding]:
    parents: dict[str, list[str]] = {}
    places: dict[str, Path] = {}
    for path, entry in find(tree, pattern):
        name = prefix + _text(entry, (key,))
        parents[name] = [text for _, text in find_texts(entry, ("after", "*"))]
        places.setdefault(name, (*path, "after"))
    for name, place in places.items():
        if (ring := _ring(name, parents)) and name == min(ring):
            yield Finding(place, f"waits for itself: {' after '.join((*ring, name))}", "take one of these out")


def _ring(start: str, parents: Mapping[str, list[str]]) -> tuple[str, ...]:
    """Return the names on a way from *start* back to itself; empty when there is none."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for parent in parents.get(way[-1], ()):
            if parent == start:
                return way
            if parent not in seen:
                seen.add(parent)
                ways.append((*way, parent))
    return ()


def _jobs(tree: Tree) -> Iterator[Finding]:
    for path, job in find(tree, ("jobs", "*")):
        if not isinstance(job, dict):
            continue
        built_in = job.get("name") in BUILT_IN
        triggers = [key for key in TRIGGERS if key in job]
        if len(triggers) > 1:
            yield Finding((*path, triggers[1]), f"given beside {triggers[0]}", "keep exactly one of every and at")
        if not triggers and not built_in:
            yield Finding(path, "is never due", 'write one of every: 10m and at: "02:30"')
        if "run" not in job and not built_in and not _is_of_a_package(job.get("name")):
            yield Finding(path, "runs nothing", "write run: [python, etl.py]")
        if "timezone" in job and "every" in job:
            yield Finding((*path, "timezone"), "has no meaning for every", "remove it, or use at")


def _alertmanagers(tree: Tree) -> Iterator[Finding]:
    """One that stands there twice would be sent everything twice; addresses hold secrets and are not repeated."""
    first: dict[str, Path] = {}
    named = [*find_texts(tree, ("alertmanagers", "*")), *find_texts(tree, ("alertmanagers", "*", "url"))]
    for path, url in sorted(named, key=lambda found: int(found[0][1])):
        try:
            address = without_user(parse_base(url))
        except WrongValueError:
            continue
        if address in first and url != UNREAD:
            yield Finding(path, f"is the address at {write_path(first[address])} already", "name each once")
        first.setdefault(address, path)


def _is_of_a_package(name: Tree) -> bool:
    """Tell whether another package brings a job of this name; it is loaded when Medic runs."""
    return isinstance(name, str) and name in entry_points(group="medic.jobs").names


def _backend(queue: Tree) -> str:
    return _text(queue, ("backend",)) or "embedded"


def _text(tree: Tree, path: Path) -> str:
    value = value_at(tree, path)
    return value if isinstance(value, str) else ""


def _listed(words: frozenset[str] | tuple[str, ...]) -> str:
    return ", ".join(sorted(words))
