"""Renew the golden file: ``python -m tests.exporter.golden``; with ``accept`` also what counts as known to users."""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.exporter.golden import ACCEPTED, FAMILIES, changed, lines, read
from tests.exporter.golden.everything import everything

with tempfile.TemporaryDirectory() as folder:
    found = lines(asyncio.run(everything(Path(folder) / "house")))
print(*sorted(changed(read(FAMILIES), found)), sep="\n")  # noqa: T201 - a command's answer
FAMILIES.write_text("".join(f"{line}\n" for line in found.values()))
if "accept" in sys.argv[1:]:
    ACCEPTED.write_text(FAMILIES.read_text())
