"""What Prometheus and load balancers ask: the metrics, and whether we are well."""

from aiohttp import web

from exporter.exposition import render
from exporter.runner import UnknownCollectorError
from medic.app.web.keys import HOUSE
from medic.app.web.site import squeeze

routes = web.RouteTableDef()

PATIENCE = 8.0
"""Seconds that a scrape may take when it does not say what it grants."""
MARGIN = 0.5
"""Seconds kept of what a scrape grants, for the way back."""
TIMEOUT_HEADER = "X-Prometheus-Scrape-Timeout-Seconds"


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    """Collect and show all families, or those of ``collect[]`` without those of ``exclude[]``."""
    try:
        families = await request.app[HOUSE].runner.scrape(
            timeout=patience(request.headers.get(TIMEOUT_HEADER, "")),
            collect=request.query.getall("collect[]", []),
            exclude=request.query.getall("exclude[]", []),
        )
    except UnknownCollectorError as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    page = render(families, request.headers.get("Accept", ""))
    return squeeze(request, page.body, page.content_type)


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
