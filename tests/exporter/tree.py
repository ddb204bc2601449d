"""The recorded tree of /proc and /sys, and the few words in which tests speak of families."""

from pathlib import Path

from exporter.registry import Roots

FIXTURES = Path(__file__).parent / "fixtures"
PROC, SYS, ROOT = FIXTURES / "proc", FIXTURES / "sys", FIXTURES / "root"
ROOTS = Roots(PROC, SYS, ROOT)


def by_name(families):
    """Map families by name; a name that is there twice is a mistake."""
    named = {family.name: family for family in families}
    assert len(named) == len(families)
    return named


def values(families, name):
    """Map label dictionaries, as sorted tuples, to the values of one family."""
    return {sample.labels: sample.value for sample in by_name(families)[name].samples}


def value(families, name):
    """Return the value of a family that has one sample without labels."""
    return values(families, name)[()]
