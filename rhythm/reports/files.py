"""The folder of reports: one HTML and one Markdown file a day, the latest, an index, and how long they stay."""

import re
from datetime import date, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from zoneinfo import ZoneInfo

from rhythm.reports.render import render_html, render_index, render_markdown
from rhythm.reports.report import Report

_DATED = re.compile(r"(\d{4}-\d{2}-\d{2})\.(?:html|md)")


def write_report(report: Report, folder: Path, keep: timedelta) -> Path:
    """Write a report as that of its day, replacing an earlier one, and return the HTML file.

    The day is that of the period's end in the report's zone. A reader sees the old or the new file, never half of one.
    Reports of days longer ago than *keep* are deleted; other files in the folder are not touched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    day = report.end.astimezone(ZoneInfo(report.timezone)).date()
    page, text = render_html(report), render_markdown(report)
    for name, content in ((f"{day}.html", page), (f"{day}.md", text), ("latest.html", page), ("latest.md", text)):
        _replace(folder / name, content)
    _forget(folder, day - keep)
    _replace(folder / "index.html", render_index([str(found) for found in days(folder)]))
    return folder / f"{day}.html"


def days(folder: Path) -> list[date]:
    """Return the days that have a report, the newest first."""
    return sorted({day for file in folder.glob("*.html") if (day := _day(file)) is not None}, reverse=True)


def _forget(folder: Path, before: date) -> None:
    for file in list(folder.iterdir()):
        if (day := _day(file)) is not None and day < before:
            file.unlink(missing_ok=True)


def _day(file: Path) -> date | None:
    found = _DATED.fullmatch(file.name)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:  # such as 2026-02-31.html: not one of ours
        return None


def _replace(path: Path, content: str) -> None:
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(content)
    Path(file.name).replace(path)
