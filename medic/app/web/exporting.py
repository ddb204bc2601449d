"""What Prometheus and load balancers ask: the metrics, and whether we are well."""

from collections.abc import Sequence

from aiohttp import web

from exporter.exposition import render
from exporter.runner import UnknownCollectorError
from medic.app.web.keys import HOUSE, SCRAPES
from medic.app.web.site import squeeze
from medic.core.samples import Family

routes = web.RouteTableDef()

PATIENCE = 8.0
"""Seconds that a scrape may take when it does not say what it grants."""
MARGIN = 0.5
"""Seconds kept of what a scrape grants, for the way back."""
TIMEOUT_HEADER = "X-Prometheus-Scrape-Timeout-Seconds"


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    """Collect and show all families, those of ``collect[]`` alone, or those without ``exclude[]``."""
    with request.app[SCRAPES].one():
        families = await _collect(request)
        page = render(families, ",".join(request.headers.getall("Accept", ())))
        response = squeeze(request, page.body, page.content_type)
        await response.prepare(request)
        await response.write_eof()  # a page counts as under way until it is sent: it takes memory so long
        return response


async def _collect(request: web.Request) -> Sequence[Family]:
    collect, exclude = request.query.getall("collect[]", []), request.query.getall("exclude[]", [])
    if collect and exclude:  # refused by node_exporter, too
        raise web.HTTPBadRequest(text="collect[] and exclude[] cannot be combined: keep one of the two")
    timeout = patience(request.headers.get(TIMEOUT_HEADER, ""))
    try:
        return await request.app[HOUSE].runner.scrape(timeout=timeout, collect=collect, exclude=exclude)
    except UnknownCollectorError as error:
        raise web.HTTPBadRequest(text=str(error)) from error


def patience(header: str) -> float:
    """Return how many seconds a scrape may take, from what Prometheus says it grants."""
    try:
        granted = float(header)
    except ValueError:
        return PATIENCE
    return max(MARGIN, min(granted, 60.0) - MARGIN) if granted > 0 else PATIENCE


@routes.get("/-/healthy")
async def healthy(_request: web.Request) -> web.Response:
    """Answer: we live."""
    return web.Response(text="Medic is Healthy.\n")


@routes.get("/-/ready")
async def ready(request: web.Request) -> web.Response:
    """Answer 200 once the first tick is committed, else 503."""
    if request.app[HOUSE].ticker.ready.is_set():
        return web.Response(text="Medic is Ready.\n")
    return web.Response(status=503, text="Medic is not ready: the first tick is not committed yet.\n")
