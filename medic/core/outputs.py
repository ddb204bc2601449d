"""What a process left in the file that its output was appended to."""

import os
from pathlib import Path

TAIL = 4096
"""Bytes at the end in which the last line, which often says what was wrong, is looked for."""
LONGEST = 200


def last_line(output: Path, begin: int = 0) -> str:
    """Return the last line behind the byte *begin* that is not blank, cut to 200 characters; empty without one.

    Whatever is not printable becomes a space, so that it can stand in a message. Raises OSError.
    """
    with output.open("rb") as file:
        file.seek(max(begin, file.seek(0, os.SEEK_END) - TAIL))
        lines = file.read(TAIL).decode(errors="replace").split("\n")
    line = next((line for line in reversed(lines) if line.strip()), "")
    return "".join(char if char.isprintable() else " " for char in line).strip()[:LONGEST]
