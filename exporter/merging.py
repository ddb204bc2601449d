"""How the families of several collectors become one page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from exporter.admission import OutputError
from medic.core.samples import Family


@dataclass(frozen=True, slots=True)
class Merged:
    """One page's families by name, and what was left out of it."""

    families: Mapping[str, Family]
    refused: Mapping[str, OutputError]
    """By collector: which of its families contradicts one that was there before."""


def merge(outputs: Iterable[tuple[str, Sequence[Family]]]) -> Merged:
    """Join families of the same name, in the order of *outputs*, which are pairs of collector and families.

    Prometheus refuses a page that types a name twice or repeats a sample; so of two that contradict each other the
    later one is left out, and its collector is named.
    """
    given_by = list(outputs)
    families = {family[0]: family for _, given in given_by for family in given}
    if len(families) == sum(len(given) for _, given in given_by):
        return Merged(families, {})  # as nearly always: each name once
    return _merge(given_by)


def _merge(outputs: Iterable[tuple[str, Sequence[Family]]]) -> Merged:
    families: dict[str, Family] = {}
    refused: dict[str, OutputError] = {}
    for collector, given in outputs:
        for family in given:
            before = families.get(family.name)
            if before is None:
                families[family.name] = family
            elif (wrong := _contradiction(before, family)) is not None:
                refused[collector] = wrong
            else:
                families[family.name] = _joined(before, family)
    return Merged(families, refused)


def _joined(before: Family, family: Family) -> Family:
    exemplars = {**(before.exemplars or {}), **(family.exemplars or {})}
    return before._replace(samples=[*before.samples, *family.samples], exemplars=exemplars or None)


def _contradiction(before: Family, family: Family) -> OutputError | None:
    if before.kind is not family.kind:
        return OutputError(
            f"{family.name} is a {family.kind} here and a {before.kind} of another collector: rename one of them"
        )
    known = {sample[:2] for sample in before.samples}
    for sample in family.samples:
        if sample[:2] in known:
            return OutputError(
                f"{sample.name}{dict(sample.labels)} is given by another collector too: tell the two apart by a label"
            )
    return None
