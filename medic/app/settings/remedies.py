"""What a remedy must be to make sense: one action a rung, and a target that is declared and fits the action."""

from collections.abc import Callable, Iterator

from healer.templates import parse_argument, parse_template
from medic.app.matching import read_matcher
from medic.app.settings.checks import unknown_target
from medic.app.settings.heal import PLACE, Action
from medic.app.settings.mistakes import Finding, Path
from medic.app.settings.patterns import Pattern, find, find_texts
from medic.app.settings.sections import keys_of
from medic.app.settings.yaml import Tree
from medic.core.errors import MedicError
from medic.core.targets import Target, TargetKind, parse_target


def _compile(text: str) -> None:
    from rules.promql import compile_query  # dear to import, and most remedies have no expression

    compile_query(text)


PARSED: tuple[tuple[Pattern, Callable[[str], object]], ...] = (
    (("remedies", "*", "match", "*"), read_matcher),
    (("remedies", "*", "target"), parse_template),
    (("remedies", "*", "do", "*", "command", "argv", "*"), parse_argument),
    (("remedies", "*", "do", "*", "notify", "title"), parse_template),
    (("remedies", "*", "verify", "expr"), _compile),
)
"""What the healer and the rules read, by the functions that they read it with."""
ACTIONS = tuple(keys_of(Action))
RESTARTED = frozenset({"pool", "worker"})
"""The kinds of targets that Medic itself can restart."""


def check_remedies(tree: Tree) -> Iterator[Finding]:
    """Yield a finding for each remedy in *tree* that could never act."""
    for path, rung in _rungs(tree):
        if len(given := [name for name in ACTIONS if name in rung]) != 1:
            what = f"holds {' and '.join(given)}" if given else "holds no action"
            yield Finding(path, what, f"write exactly one of {', '.join(ACTIONS)}; several make a list, a ladder")
    for pattern, parse in PARSED:
        for path, text in find_texts(tree, pattern):
            yield from _unparsed(path, text, parse)
    for path, argv in find(tree, ("remedies", "*", "do", "*", "command", "argv")):
        yield from _program(path, argv)
    for path, text in find_texts(tree, ("remedies", "*", "target")):
        yield from _target(tree, path, text)
    for path, remedy in find(tree, ("remedies", "*")):
        yield from _restarted(remedy, path)


def _unparsed(path: Path, text: str, parse: Callable[[str], object]) -> Iterator[Finding]:
    try:
        parse(text)
    except MedicError as error:
        yield Finding(path, str(error), "")


def _program(path: Path, argv: Tree) -> Iterator[Finding]:
    program = argv[0] if isinstance(argv, list) and argv else None
    if isinstance(program, str) and program.startswith(PLACE):
        yield Finding((*path, 0), "would let an alert choose the program", "name it; arguments may be filled in")


def _rungs(tree: Tree) -> Iterator[tuple[Path, dict[str, Tree]]]:
    for path, rung in find(tree, ("remedies", "*", "do", "*")):
        if isinstance(rung, dict):
            yield path, rung


def _target(tree: Tree, path: Path, text: str) -> Iterator[Finding]:
    if PLACE in text:
        return
    try:
        target = parse_target(text)
    except MedicError as error:
        yield Finding(path, str(error), "")
        return
    yield from _undeclared(tree, path, target)


def _undeclared(tree: Tree, path: Path, target: Target) -> Iterator[Finding]:
    kind = TargetKind.POOL if target.kind is TargetKind.WORKER else target.kind
    if kind in {TargetKind.POOL, TargetKind.QUEUE, TargetKind.PROBE, TargetKind.JOB}:
        yield from unknown_target(tree, path, f"{kind}:{target.pool or target.name}", (str(kind),))
    elif kind in {TargetKind.UNIT, TargetKind.CONTAINER}:
        section = f"{kind}s"
        if target.name not in {name for _, name in find_texts(tree, ("targets", section, "*"))}:
            yield Finding(path, f"{target} is not declared", f"add it: targets: {{{section}: [{target.name}]}}")
    elif kind is not TargetKind.HOST:
        yield Finding(path, f"{kind} targets are not supported yet by this version", "name a pool, a unit or the host")


def _restarted(remedy: Tree, path: Path) -> Iterator[Finding]:
    if not isinstance(remedy, dict) or not isinstance(target := remedy.get("target"), str):
        return
    kind = target.partition(":")[0]
    restarts = any("restart" in rung for _, rung in _rungs({"remedies": [remedy]}))
    if restarts and PLACE not in kind and kind not in RESTARTED:
        yield Finding((*path, "do"), f"cannot restart {target}", "use command: {argv: [...]} for what is not a pool")
