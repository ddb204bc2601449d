"""From a report to HTML and Markdown: one template each, in ``templates/``."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rhythm.reports.report import Report
from rhythm.reports.summary import percent

if TYPE_CHECKING:
    from jinja2 import Environment

ABSENT = "-"


def render_html(report: Report) -> str:
    """Render one self-contained page: no script, nothing fetched, light and dark as the reader's system is."""
    return _render("report.html.j2", report)


def render_markdown(report: Report) -> str:
    """Render Markdown with pipe tables; what comes from labels or outputs cannot become markup."""
    return _render("report.md.j2", report)


def render_index(dates: Sequence[str]) -> str:
    """Render the page that lists the reports of these dates, in the order given."""
    return _environment().get_template("index.html.j2").render(dates=dates)


def _render(template: str, report: Report) -> str:
    zone = ZoneInfo(report.timezone)
    moment, day = partial(_moment, zone), partial(_day, zone)
    return _environment().get_template(template).render(report=report, moment=moment, day=day)


@cache
def _environment() -> "Environment":
    """Load Jinja2 only when a report is made; an unknown name in a template is an error, not an empty string."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("rhythm.reports"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"ratio": _ratio, "count": _count, "seconds": _seconds, "md": _markdown}
    return environment


def _moment(zone: ZoneInfo, at: datetime) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _day(zone: ZoneInfo, at: datetime) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d}"


def _ratio(value: float | None) -> str:
    return ABSENT if value is None else percent(value)


def _count(value: int | None) -> str:
    return ABSENT if value is None else f"{value:,}"


def _seconds(value: float | None) -> str:
    if value is None:
        return ABSENT
    return f"{value:.3g} s" if value < 100 else f"{value:,.0f} s"  # noqa: PLR2004 - three digits either way


_SPECIAL = str.maketrans({char: f"\\{char}" for char in "\\`*_[]#|"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"})


def _markdown(text: str) -> str:
    """Escape what Markdown would take as markup; a line break would end a table's row."""
    return " ".join(text.split()).translate(_SPECIAL)
