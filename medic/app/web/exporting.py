"""What Prometheus and load balancers ask: the metrics, and whether we are well."""

from asyncio import Lock
from collections.abc import Sequence

from aiohttp import web

from exporter.exposition import render
from exporter.runner import UnknownCollectorError
from medic.app.web.busy import BusyError
from medic.app.web.keys import HOUSE, SCRAPES
from medic.app.web.site import pack, takes_gzip
from medic.core.samples import Family
from medic.core.tasks import in_thread

routes = web.RouteTableDef()

PATIENCE = 8.0
"""Seconds that a scrape may take when it does not say what it grants."""
MARGIN = 0.5
"""Seconds kept of what a scrape grants, for the way back."""
LARGE = 5000
"""Samples from which on a page is written beside the loop: it takes a microsecond for each, compressed two."""
WRITING = 30.0
"""Seconds that writing may take: some fifty times what 100,000 samples need."""
TIMEOUT_HEADER = "X-Prometheus-Scrape-Timeout-Seconds"


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    """Collect and show all families, those of ``collect[]`` alone, or those without ``exclude[]``."""
    with request.app[SCRAPES].one():
        families = await _collect(request)
        accept = ",".join(request.headers.getall("Accept", ()))
        response = await write(families, accept, gzipped=takes_gzip(request), turn=request.app[SCRAPES].turn)
        await response.prepare(request)
        await response.write_eof()  # a page counts as under way until it is sent: it takes memory so long
        return response


async def write(families: Sequence[Family], accept: str, *, gzipped: bool, turn: Lock) -> web.Response:
    """Write the page in the format that *accept* likes best; a large one in a thread, while it has its *turn*.

    The threads share one interpreter: several at once would be no faster, and hold up the loop for longer.
    """

    def page() -> web.Response:
        written = render(families, accept)
        return pack(written.body, written.content_type, gzipped=gzipped)

    if sum(len(each.samples) for each in families) < LARGE:
        return page()
    async with turn:
        try:
            return await in_thread(page, timeout=WRITING, name="page")
        except TimeoutError:
            raise BusyError("the page takes too long to write: this host is overloaded") from None


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
