"""The pages for people: the status page, and the reports."""

from functools import cache
from typing import TYPE_CHECKING

from aiohttp import web

from medic.app import views
from medic.app.status import checks
from medic.app.web import landing
from medic.app.web.keys import HOUSE
from medic.app.web.site import squeeze

if TYPE_CHECKING:
    from jinja2 import Template

routes = web.RouteTableDef()

REFRESH = 5
"""Seconds after which the status page asks again."""


@routes.get("/")
async def status_page(request: web.Request) -> web.Response:
    """Show how everything is, from the same value as `medic status`."""
    house = request.app[HOUSE]
    status = await house.status()
    collectors = landing.rows(house.runner.collectors.values(), house.ticker.families)
    shown = {"status": views.status(status), "checks": checks(status), "collectors": collectors}
    page = _template().render(**shown, refresh=REFRESH)
    return squeeze(request, page.encode(), "text/html; charset=utf-8")


@routes.get("/reports/{name:[A-Za-z0-9.-]*}")
async def report(request: web.Request) -> web.StreamResponse:
    """Show a report, or the list of them."""
    folder = request.app[HOUSE].state.reports
    file = folder / (request.match_info["name"] or "index.html")
    if file.name.startswith(".") or not file.is_file():
        raise web.HTTPNotFound(text="there is no such report; `medic report` writes one")
    return web.FileResponse(file)


@cache
def _template() -> "Template":
    """Load the page's template at its first use: many hosts are never looked at in a browser."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("medic.app.web", "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True).get_template(
        "status.html"
    )
