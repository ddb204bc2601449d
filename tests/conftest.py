"""What every test shares: parts that are missing are skipped and named, or failed where all are wanted."""

from collections import Counter
from os import environ

import pytest
from hypothesis import settings

from tests import parts

settings.register_profile("medic", deadline=None)  # a loaded machine is slow, not wrong
settings.load_profile("medic")


def pytest_runtest_setup(item):
    needed = tuple(part for mark in item.iter_markers("needs") for part in mark.args)
    absent = parts.missing(needed)
    if not absent:
        return
    installable = [part for part in absent if parts.PARTS[part].package]
    if installable and environ.get("MEDIC_TEST_ALL"):
        pytest.fail(f"missing: {', '.join(installable)}; install {' '.join(parts.packages())}", pytrace=False)
    pytest.skip(f"missing: {', '.join(absent)}")


def pytest_collection_modifyitems(config, items):
    if config.getoption("-m"):
        return
    stress = [item for item in items if item.get_closest_marker("stress")]
    items[:] = [item for item in items if not item.get_closest_marker("stress")]
    config.hook.pytest_deselected(items=stress)


def pytest_terminal_summary(terminalreporter):
    """Name every part that was missed, in the last lines; the reports come from all workers of xdist."""
    reasons = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", ())]
    missed = Counter(part for reason in reasons if "missing: " in reason for part in _named(reason))
    for part, count in sorted(missed.items()):
        package = parts.PARTS[part].package
        how = f"apt-get install {package}" if package else "cannot be installed here"
        terminalreporter.write_line(f"missed for lack of {part}: {count} tests ({how})")


def _named(reason):
    return reason.partition("missing: ")[2].split(", ")
