"""The routes of Prometheus' API: a request becomes a job, the job an answer."""

from collections.abc import Awaitable, Callable
from functools import partial
from math import inf

from aiohttp import web

from medic.app.house import House
from medic.app.web.keys import HOUSE
from medic.app.web.promapi import endpoints
from medic.app.web.promapi.desk import Desk
from medic.app.web.promapi.endpoints import Job
from medic.app.web.promapi.errors import STATUS, ApiError, ErrorType
from medic.app.web.promapi.form import Form, read_form
from medic.app.web.promapi.shaping import text
from medic.app.web.promapi.turns import Term
from medic.app.web.site import pack, takes_gzip
from medic.core.tasks import in_thread

Endpoint = Callable[[House, Form], Job]
Handler = Callable[[web.Request], Awaitable[web.Response]]
Run = Callable[[web.Request, Job], Awaitable[web.Response]]

DESK = web.AppKey("desk", Desk)
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


def furnish(application: web.Application, house: House) -> None:
    """Add the routes, and the desk at which queries wait."""
    application[DESK] = Desk(house.clock.monotonic)
    for name, endpoint in ASKED.items():
        application.router.add_get(f"{ROOT}/{name}", _answering(endpoint, _at_desk))
        application.router.add_post(f"{ROOT}/{name}", _answering(endpoint, _at_desk))
    for name, endpoint in TOLD.items():
        application.router.add_get(f"{ROOT}/{name}", _answering(endpoint, _at_once))
    application.router.add_get(f"{ROOT}/label/{{name}}/values", _label_values)


def _answering(endpoint: Endpoint, run: Run) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        try:
            return await run(request, endpoint(request.app[HOUSE], await _form(request)))
        except ApiError as error:
            return failed(error)

    return handler


async def _label_values(request: web.Request) -> web.Response:
    endpoint = partial(endpoints.label_values, name=request.match_info["name"])
    return await _answering(endpoint, _at_desk)(request)


async def _at_desk(request: web.Request, job: Job) -> web.Response:
    work = partial(_packed, gzipped=takes_gzip(request))
    return await request.app[DESK].run(lambda term: work(job.work(term)), seconds=job.seconds)


async def _at_once(request: web.Request, job: Job) -> web.Response:
    work = partial(_packed, gzipped=takes_gzip(request))
    term = Term(inf, request.app[HOUSE].clock.monotonic)
    try:
        return await in_thread(lambda: work(job.work(term)), timeout=job.seconds, name="api")
    except TimeoutError:
        raise ApiError(ErrorType.TIMEOUT, f"no answer within {job.seconds:g} s") from None


def _packed(body: bytes, *, gzipped: bool) -> web.Response:
    return pack(body, "application/json", gzipped=gzipped)


async def _form(request: web.Request) -> Form:
    """Read the fields; a body of another type has none, as in Go."""
    content = await request.read() if request.content_type == FORM else b""
    return read_form(request.rel_url.raw_query_string, content)


def failed(error: ApiError) -> web.Response:
    """Answer with an error in Prometheus' shape."""
    body = {"status": "error", "errorType": str(error.kind), "error": str(error)}
    return web.Response(text=text(body), status=STATUS[error.kind], content_type="application/json")
