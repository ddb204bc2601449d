"""The routes of Prometheus' API: a request becomes a job, the job an answer."""

from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web

from medic.app.house import House
from medic.app.web.keys import HOUSE, LISTS, QUERIES
from medic.app.web.promapi import endpoints
from medic.app.web.promapi.desk import Desk
from medic.app.web.promapi.endpoints import Job
from medic.app.web.promapi.errors import STATUS, ApiError
from medic.app.web.promapi.form import Form, read_form
from medic.app.web.promapi.shaping import text
from medic.app.web.site import pack, takes_gzip

Endpoint = Callable[[House, Form], Job]
Handler = Callable[[web.Request], Awaitable[web.Response]]

ROOT = "/api/v1"
FORM = "application/x-www-form-urlencoded"
ASKED: dict[str, Endpoint] = {
    "query": endpoints.query,
    "query_range": endpoints.query_range,
    "query_exemplars": endpoints.query_exemplars,
    "format_query": endpoints.format_query,
    "series": endpoints.series,
    "labels": endpoints.labels,
}
"""What is evaluated, a few at once; asked by GET, and by POST where an expression is too long for an address."""
TOLD: dict[str, Endpoint] = {
    "metadata": endpoints.metadata,
    "rules": endpoints.rules,
    "alerts": endpoints.alerts,
    "status/buildinfo": endpoints.buildinfo,
    "targets": endpoints.targets,
    "scrape_pools": endpoints.scrape_pools,
}
"""What is known already, and waits for no query."""
LARGE = 65_536
"""Bytes of a form from which on it is read in a thread: a body of percent signs takes half a second."""


def furnish(application: web.Application, house: House) -> None:
    """Add the routes, and the desks at which their requests wait."""
    application[QUERIES], application[LISTS] = Desk(house.clock.monotonic), Desk(house.clock.monotonic)
    for name, endpoint in ASKED.items():
        application.router.add_get(f"{ROOT}/{name}", _answering(endpoint, QUERIES))
        application.router.add_post(f"{ROOT}/{name}", _answering(endpoint, QUERIES))
    for name, endpoint in TOLD.items():
        application.router.add_get(f"{ROOT}/{name}", _answering(endpoint, LISTS))
    application.router.add_get(f"{ROOT}/label/{{name}}/values", _label_values)


def _answering(endpoint: Endpoint, desk: web.AppKey[Desk]) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        try:
            job = endpoint(request.app[HOUSE], await _form(request))
            return await _done(request, job, request.app[desk])
        except ApiError as error:
            return failed(error)

    return handler


async def _label_values(request: web.Request) -> web.Response:
    endpoint = partial(endpoints.label_values, name=request.match_info["name"])
    return await _answering(endpoint, QUERIES)(request)


async def _done(request: web.Request, job: Job, desk: Desk) -> web.Response:
    gzipped = takes_gzip(request)
    return await desk.run(lambda term: _packed(job.work(term), gzipped=gzipped), seconds=job.seconds)


def _packed(body: bytes, *, gzipped: bool) -> web.Response:
    return pack(body, "application/json", gzipped=gzipped)


async def _form(request: web.Request) -> Form:
    """Read the fields; a body of another type has none, as in Go."""
    content = await request.read() if request.content_type == FORM else b""
    read = partial(read_form, request.rel_url.raw_query_string, content)
    if len(content) < LARGE:
        return read()
    granted = request.app[HOUSE].settings.rules.timeout.total_seconds()
    return await request.app[LISTS].run(lambda _term: read(), seconds=granted)


def failed(error: ApiError) -> web.Response:
    """Answer with an error in Prometheus' shape."""
    body = {"status": "error", "errorType": str(error.kind), "error": str(error)}
    return web.Response(text=text(body), status=STATUS[error.kind], content_type="application/json")
