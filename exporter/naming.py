"""Names of processes as labels: bounded in number, and with no process number in them."""

import re

from exporter.table import Process

KTHREADD = 2
"""The number of the parent of all of the kernel's own threads."""
_NUMBER = re.compile(r"[0-9]{3,}")


def label(process: Process) -> str:
    """Return the command's name with ``N`` for each number of three digits and more, as programs put theirs there.

    Of the kernel's own threads what follows the slash goes, too: ``kworker/3:1H`` is ``kworker``.
    """
    name = process.name.partition("/")[0] if process.parent == KTHREADD else process.name
    return _NUMBER.sub("N", name)
