"""Prometheus' HTTP service discovery: what there is to scrape here.

Format: https://prometheus.io/docs/prometheus/latest/http_sd/
"""

from collections.abc import Callable, Mapping

from aiohttp import web

import medic
from medic.app.house import House
from medic.app.web.keys import HOUSE

routes = web.RouteTableDef()

Group = dict[str, list[str] | dict[str, str]]
"""Targets, as HOST:PORT, and the labels that they share."""


@routes.get("/sd/targets")
async def targets(request: web.Request) -> web.Response:
    """List this Medic; with ``?of=probes`` instead the probes, each to be scraped at ``/probe``."""
    asked = request.query.get("of", "self")
    if asked not in LISTS:
        raise web.HTTPBadRequest(text=f"of={asked[:20]!r}: write one of {', '.join(LISTS)}, or leave it out")
    # As the client has reached us, so it will again: an address to listen on may be none to ask.
    return web.json_response(LISTS[asked](request.app[HOUSE], request.host))


def _itself(house: House, address: str) -> list[Group]:
    return [_group(house, address, {"__meta_medic_version": medic.__version__})]


def _probes(house: House, address: str) -> list[Group]:
    return [
        _group(house, address, {"__metrics_path__": "/probe", "__param_target": name, "probe": name})
        for name in house.probes.configured
    ]


def _group(house: House, address: str, labels: dict[str, str]) -> Group:
    return {"targets": [address], "labels": {"__scheme__": house.front.scheme, **labels}}


LISTS: Mapping[str, Callable[[House, str], list[Group]]] = {"self": _itself, "probes": _probes}
