"""The API's reading half: Medic's own state as JSON, and what happens as it happens."""

import asyncio
import json

from aiohttp import web

from medic.app import views
from medic.app.events import Event
from medic.app.facts import gather
from medic.app.status import checks
from medic.app.web.keys import HOUSE
from medic.core.queue import Json
from rhythm.reports.facts import encode

routes = web.RouteTableDef()

HEARTBEAT = 15.0
"""Seconds of silence after which listeners get a comment, so that proxies keep the line open."""
LIMIT = 10_000


@routes.get("/api/v1/status")
async def status(request: web.Request) -> web.Response:
    """Tell how everything is."""
    return web.json_response(views.status(await request.app[HOUSE].status()))


@routes.get("/api/v1/check")
async def check(request: web.Request) -> web.Response:
    """Make the system check."""
    done = checks(await request.app[HOUSE].status())
    shown: list[Json] = [views.check(each) for each in done]
    return web.json_response({"passed": sum(each.ok for each in done), "total": len(done), "checks": shown})


@routes.get("/api/v1/explain")
async def explain(request: web.Request) -> web.Response:
    """Show every gate on the way to healing a target, or what an alert is about."""
    asked = request.query.get("of", "")
    if not asked:
        raise web.HTTPBadRequest(text="say what to explain: ?of=TARGET or ?of=ALERTNAME")
    return web.json_response(views.explanation(request.app[HOUSE].healer.explain(asked)))


@routes.get("/api/v1/alerts/active")
async def alerts(request: web.Request) -> web.Response:
    """List the alerts of Medic's own rules."""
    return web.json_response({"alerts": [views.alert(each) for each in request.app[HOUSE].ticker.alerts]})


@routes.get("/api/v1/episodes")
async def episodes(request: web.Request) -> web.Response:
    """List the newest episodes, open or ended."""
    found = await request.app[HOUSE].journal.episodes(limit(request))
    return web.json_response({"episodes": [views.episode(each) for each in found]})


@routes.get("/api/v1/attempts")
async def attempts(request: web.Request) -> web.Response:
    """List the newest attempts."""
    found = await request.app[HOUSE].journal.attempts(limit(request))
    return web.json_response({"attempts": [views.attempt(each) for each in found]})


@routes.get("/api/v1/jobs")
async def jobs(request: web.Request) -> web.Response:
    """List the jobs."""
    return web.json_response({"jobs": [views.job(each) for each in request.app[HOUSE].scheduler.jobs()]})


@routes.get("/api/v1/jobs/{name}/history")
async def job_history(request: web.Request) -> web.Response:
    """List the due times of a job and what became of them."""
    runs = await request.app[HOUSE].scheduler.history(request.match_info["name"], limit(request))
    return web.json_response({"runs": [views.run(each) for each in runs]})


@routes.get("/api/v1/workers")
async def workers(request: web.Request) -> web.Response:
    """List the pools and their workers."""
    return web.json_response({"pools": [views.pool(each) for each in request.app[HOUSE].pools()]})


@routes.get("/api/v1/queues")
async def queues(request: web.Request) -> web.Response:
    """List the queues' figures."""
    return web.json_response({"queues": [views.queue(each) for each in request.app[HOUSE].figures.all()]})


@routes.get("/api/v1/facts")
async def facts(request: web.Request) -> web.Response:
    """Give the facts of the last day, from which `medic report` makes the report in a process of its own."""
    return web.Response(body=encode(await gather(request.app[HOUSE])), content_type="application/json")


@routes.get("/api/v1/events")
async def events(request: web.Request) -> web.StreamResponse:
    """Stream what happens as server-sent events, from now until the listener leaves."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await response.prepare(request)
    with request.app[HOUSE].bus.listen() as inbox:
        await response.write(b": listening\n\n")
        while True:
            await response.write(await _next(inbox))


async def _next(inbox: "asyncio.Queue[Event]") -> bytes:
    try:
        async with asyncio.timeout(HEARTBEAT):
            event = await inbox.get()
    except TimeoutError:
        return b": still here\n\n"
    return f"event: {event.kind}\ndata: {json.dumps(event.body)}\n\n".encode()


def limit(request: web.Request) -> int:
    """Return how many rows are asked for; 50 unless told, 10,000 at most."""
    text = request.query.get("limit", "50")
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LIMIT)) and 1 <= int(text) <= LIMIT):
        raise web.HTTPBadRequest(text=f"limit={text[:20]!r}: write a number from 1 to {LIMIT}")
    return int(text)
