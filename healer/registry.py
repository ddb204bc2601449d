"""The actions by name: the built-in ones, and those of other packages (entry points ``medic.actions``)."""

from collections.abc import Mapping
from importlib import metadata
from typing import Final

from healer.action import Action
from healer.actions import command, notify, restart, start
from healer.settings import Policy, Remedy
from medic.core.errors import MedicError
from medic.core.targets import parse_target

BUILT_IN: Final[Mapping[str, Action]] = {
    "command": command.ACTION,
    "notify": notify.ACTION,
    "restart": restart.ACTION,
    "start": start.ACTION,
}


def actions() -> dict[str, Action]:
    """Return all actions; raises MedicError for a package that offers no Action, or the name of a built-in one."""
    found = dict(BUILT_IN)
    for entry in metadata.entry_points(group="medic.actions"):
        action = entry.load()
        if entry.name in found or not isinstance(action, Action):
            raise MedicError(
                f"action {entry.name!r} of {entry.value}: offer a healer.action.Action under a name of its own"
            )
        found[entry.name] = action
    return found


def checked(policy: Policy, known: Mapping[str, Action]) -> Policy:
    """Return *policy* as it is; raises MedicError with every mistake of its actions at once."""
    if wrong := mistakes(policy, known):
        raise MedicError("\n".join(wrong))
    return policy


def mistakes(policy: Policy, known: Mapping[str, Action]) -> list[str]:
    """Return what is wrong with the remedies' actions, every mistake with its place and what to write."""
    return [mistake for remedy in policy.remedies for mistake in _mistakes(remedy, known)]


def _mistakes(remedy: Remedy, known: Mapping[str, Action]) -> list[str]:
    wrong: list[str] = [] if remedy.ladder else [f"remedy {remedy.name}: do is empty; name an action (restart: {{}})"]
    for spec in remedy.ladder:
        action = known.get(spec.name)
        if action is None:
            wrong.append(f"remedy {remedy.name}: no action {spec.name!r}; there are {', '.join(sorted(known))}")
            continue
        try:
            action.check(spec.options)
            _check_kind(remedy, spec.name, action)
        except MedicError as error:
            wrong.append(f"remedy {remedy.name}: {error}")
    return wrong


def _check_kind(remedy: Remedy, name: str, action: Action) -> None:
    if not remedy.target.literal:
        return
    kind = parse_target(remedy.target.text).kind
    if kind not in action.kinds:
        raise MedicError(f"{name} cannot act on {remedy.target.text}; it acts on {', '.join(sorted(action.kinds))}")
