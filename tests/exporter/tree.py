"""The recorded tree of /proc and /sys, and the few words in which tests speak of families."""

import atexit
import shutil
import tempfile
from pathlib import Path

from exporter.registry import Roots

FIXTURES = Path(__file__).parent / "fixtures"


def root():
    """Copy the recorded root, and udev's files under their own names: some systems let no repository hold a colon."""
    folder = Path(tempfile.mkdtemp(prefix="medic-root-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copytree(FIXTURES / "root", folder, dirs_exist_ok=True)
    (folder / "run/udev/data").mkdir(parents=True)
    for file in (FIXTURES / "udev").iterdir():
        shutil.copy(file, folder / "run/udev/data" / f"b{file.name.replace('-', ':')}")
    return folder


PROC, SYS, ROOT, OWN = FIXTURES / "proc", FIXTURES / "sys", root(), FIXTURES / "own"
ROOTS = Roots(PROC, SYS, ROOT, OWN)


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
