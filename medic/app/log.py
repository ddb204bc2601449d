"""The log: one JSON object a line in the state folder, and readable lines on the terminal."""

import json
import logging
import logging.handlers
import sys
from datetime import UTC, datetime
from pathlib import Path

_KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
MEGABYTE = 1_000_000


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
    """Writes a record for a person: local time, level, phrase, fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with the traceback under it."""
        time = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        fields = " ".join(f"{name}={value}" for name, value in fields_of(record).items())
        line = f"{time} {record.levelname.lower():7} {record.getMessage()}  {fields}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def fields_of(record: logging.LogRecord) -> dict[str, object]:
    """Return what was passed as ``extra``."""
    return {name: value for name, value in vars(record).items() if name not in _KNOWN}


def configure(path: Path, *, verbose: bool = False) -> None:
    """Send the log to *path* (rotated: 5 files of 10 MB) and to stderr."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = logging.handlers.RotatingFileHandler(path, maxBytes=10 * MEGABYTE, backupCount=4, encoding="utf-8")
    file.setFormatter(Lines())
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setFormatter(Readable())
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[file, terminal], force=True)
    for noisy in ("aiohttp.access", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
