"""The log: one JSON object a line in the state folder, and readable lines on the terminal."""

import json
import logging
import logging.handlers
import sys
from datetime import UTC, datetime
from pathlib import Path

_KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
MEGABYTE = 1_000_000
ROOMS = ("medic", "exporter", "healer", "rhythm", "rules", "workers")


class Lines(logging.Formatter):
    """Writes a record as one JSON object: time, level, room, fixed phrase, and the fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "event": record.getMessage(),
            **fields_of(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class Readable(logging.Formatter):
    """Writes a record for a person: local time, level, phrase, and the fields that say something."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with the traceback under it."""
        time = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        fields = " ".join(f"{name}={_one_line(value)}" for name, value in fields_of(record).items() if value != "")
        line = f"{time} {record.levelname.lower():7} {record.getMessage()}  {fields}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _one_line(value: object) -> str:
    """Write a value so that it neither begins a line that looks like one of ours nor steers the terminal."""
    text = str(value)
    return text if text.isprintable() else repr(text)


class File(logging.handlers.RotatingFileHandler):
    """The file of the log; while its disk is full the lines are lost to it without a word."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library's name
        """Say nothing of a disk that takes no line: the terminal shows the same one, not buried in tracebacks."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


def is_no_bug_of_a_client(record: logging.LogRecord) -> bool:
    """Tell whether a record is worth its space: what a client sends that is no HTTP was answered, and is his affair."""
    kind = record.exc_info[0] if record.exc_info else None
    return kind is None or kind.__module__ != "aiohttp.http_exceptions"


def fields_of(record: logging.LogRecord) -> dict[str, object]:
    """Return what was passed as ``extra``."""
    return {name: value for name, value in vars(record).items() if name not in _KNOWN}


def configure(path: Path) -> None:
    """Send the log to *path* (rotated: 5 files of 10 MB), and all of it but the debug lines to stderr."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = File(path, maxBytes=10 * MEGABYTE, backupCount=4, encoding="utf-8", errors="backslashreplace")
    file.setFormatter(Lines())
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setFormatter(Readable())
    terminal.setLevel(logging.INFO)
    logging.basicConfig(level=logging.INFO, handlers=[file, terminal], force=True)
    for room in ROOMS:
        logging.getLogger(room).setLevel(logging.DEBUG)
    logging.getLogger("aiohttp.server").addFilter(is_no_bug_of_a_client)
    for noisy in ("aiohttp.access", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
