"""What Medic is to a Prometheus that takes it for an Alertmanager, and where the links in Medic's own alerts lead."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from aiohttp import web
from yarl import URL

from healer.fields import Own, WebhookError
from healer.matchers import Matcher, matches
from healer.posted import Posting, Read, parse
from medic.app.house import House
from medic.app.matching import read_matcher
from medic.app.views import Object, moment
from medic.app.web.busy import BusyError
from medic.app.web.keys import HOUSE, LISTS
from medic.app.web.promapi.errors import ApiError
from medic.app.web.promapi.shaping import array, encode
from medic.app.web.site import pack, takes_gzip
from medic.core.errors import InboxFullError, MedicError

T = TypeVar("T")

routes = web.RouteTableDef()

RECEIVER = "medic"
"""Who gets every alert, in the words of an Alertmanager."""
TOLD = 10
"""Mistakes of one body that are told; further ones are counted."""
LARGE = 65_536
"""Bytes of a body from which on it is read in a thread; what Prometheus posts is smaller."""


@routes.post("/api/v2/alerts")
async def post(request: web.Request) -> web.Response:
    """Take alerts as an Alertmanager does: 200 means that what is new of them is on disk.

    Those that are wrong are told with 400; they do not keep out those beside them.
    """
    house = request.app[HOUSE]
    try:
        read = await _read(request)
    except WebhookError as error:
        return _refused([str(error)])
    try:
        await house.healer.post(read.postings)
    except InboxFullError as error:
        raise BusyError(str(error)) from error
    return _refused(read.mistakes) if read.mistakes else web.Response()


@routes.get("/api/v2/alerts")
async def alerts(request: web.Request) -> web.Response:
    """List the posted alerts that fire, as an Alertmanager does; none of them is ever silenced or inhibited."""
    try:
        wanted = [read_matcher(text) for text in request.query.getall("filter", [])]
    except MedicError as error:
        return _refused([str(error)])
    if request.query.get("active", "true") == "false" or request.query.get("receiver", RECEIVER) != RECEIVER:
        return web.json_response([])
    postings, gzipped = request.app[HOUSE].healer.postings, takes_gzip(request)
    return await _in_turn(request, lambda: _listed(postings, wanted, gzipped=gzipped))


@routes.get("/graph")
async def graph(request: web.Request) -> web.Response:
    """Lead the link of an alert, which has the shape of Prometheus' own, to what its expression gives now."""
    expression = request.query.get("g0.expr", "")
    target = URL("/api/v1/query").with_query(query=expression) if expression else URL("/")
    raise web.HTTPFound(target)


def own(house: House) -> Own:
    """Say how Medic's own alerts are known when they come back."""
    office = house.alertmanagers
    return Own(office.address, tuple(office.labels.items()))


async def _read(request: web.Request) -> Read:
    house, body = request.app[HOUSE], await request.read()
    read = partial(parse, body, house.clock.now(), own(house))
    return read() if len(body) < LARGE else await _in_turn(request, read)


async def _in_turn(request: web.Request, work: Callable[[], T]) -> T:
    """Do in a thread what may be about thousands of alerts."""
    seconds = request.app[HOUSE].settings.rules.timeout.total_seconds()
    try:
        return await request.app[LISTS].run(lambda _term: work(), seconds=seconds)
    except ApiError as error:
        raise BusyError(str(error)) from error


def _refused(mistakes: Sequence[str]) -> web.Response:
    """Answer 400 with a JSON string, as Alertmanager does."""
    more = len(mistakes) - TOLD
    told = [*mistakes[:TOLD], *([f"and {more} more"] if more > 0 else [])]
    return web.json_response("; ".join(told), status=400)


def _listed(postings: Sequence[Posting], wanted: Sequence[Matcher], *, gzipped: bool) -> web.Response:
    shown = array(_show(each) for each in postings if matches(wanted, each.alert.labels))
    return pack(encode(shown), "application/json", gzipped=gzipped)


def _show(posting: Posting) -> Object:
    alert = posting.alert
    return {
        "annotations": dict(alert.annotations),
        "endsAt": moment(posting.ends_at),
        "fingerprint": alert.fingerprint,
        "receivers": [{"name": RECEIVER}],
        "startsAt": moment(alert.active_at),
        "status": {"inhibitedBy": [], "silencedBy": [], "state": "active"},
        "updatedAt": moment(posting.posted_at),
        "generatorURL": posting.generator,
        "labels": dict(alert.labels),
    }
