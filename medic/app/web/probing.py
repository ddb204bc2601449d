"""The page on which a Prometheus has a configured service probed, in the manner of blackbox_exporter."""

from operator import attrgetter

from aiohttp import web

from exporter.exposition import render
from exporter.probes.families import families
from exporter.probes.outcome import Outcome
from exporter.probes.prober import BusyError
from medic.app.probes import Probes
from medic.app.settings.probes import Probe
from medic.app.web import busy, site
from medic.app.web.exporting import MARGIN, TIMEOUT_HEADER, patience
from medic.app.web.keys import HOUSE
from medic.core.errors import MedicError
from medic.core.samples import Family
from medic.core.tasks import in_thread

routes = web.RouteTableDef()

MODULES = {"http": "http_2xx", "tcp": "tcp_connect"}
"""Of each protocol, the module that blackbox_exporter's own configuration has: what begins so is of that protocol.

What to ask stands in the configuration alone, so that the rest of a module's name says nothing.
"""
SPARE = 1.0
"""Seconds beyond a probe's own deadline after which nobody waits for it any more."""


@routes.get("/probe")
async def probe(request: web.Request) -> web.Response:
    """Probe the service that ``target=`` names now, and show what was found; ``debug=true`` shows how, too."""
    probes = request.app[HOUSE].probes
    chosen = choose(probes, request.query.get("target", ""))
    check_module(chosen, request.query.get("module", ""))
    seconds = patience(request.headers.get(TIMEOUT_HEADER, ""))
    outcome = await _ask(probes, chosen, seconds)
    if request.query.get("debug") == "true":
        return web.Response(text=tell(outcome))
    page = render(found(outcome), request.headers.get("Accept", ""))
    return site.squeeze(request, page.body, page.content_type)


def choose(probes: Probes, target: str) -> Probe:
    """Find a probe by its name, or by its address as configured; raises MedicError that lists those there are."""
    known = probes.configured
    places = {place: each for each in known.values() for place in (each.url, str(each.tcp) if each.tcp else None)}
    chosen = known.get(target) or (places.get(target) if target else None)
    if chosen is None:
        there = (
            f"write target= one of {', '.join(known)}" if known else "declare one under probes: in the configuration"
        )
        wrong = "no such probe is configured" if target else "no target is given"
        raise MedicError(f"{wrong}, and only those that are may be asked for: {there}")
    return chosen


def check_module(chosen: Probe, module: str) -> None:
    """Raise MedicError for a module that is of the other protocol: its scrape configuration means another service."""
    kind = "tcp" if chosen.url is None else "http"
    if module.partition("_")[0] in MODULES.keys() - {kind}:
        raise MedicError(f"{chosen.name} is asked over {kind}: write module={MODULES[kind]}, or leave it out")


def found(outcome: Outcome) -> list[Family]:
    """Lay out an outcome as a page of its own, sorted by name and without a label of Medic's."""
    return sorted(families(outcome), key=attrgetter("name"))


def tell(outcome: Outcome) -> str:
    """Write the log of a probe, and what its page would have been."""
    log = "".join(f"{line.seconds:10.6f} s  {line.text}\n" for line in outcome.trail.log)
    page = render(found(outcome)).body.decode()
    return f"Log of the probe {outcome.probe}:\n{log}\nIts metrics:\n{page}"


async def _ask(probes: Probes, chosen: Probe, seconds: float) -> Outcome:
    try:
        return await in_thread(
            lambda: probes.ask(chosen.name, seconds, turn=MARGIN),
            timeout=seconds + MARGIN + SPARE,
            name=f"probe {chosen.name}",
        )
    except BusyError as error:
        raise busy.BusyError(str(error)) from error
    except TimeoutError:
        raise busy.BusyError(f"the probe {chosen.name} does not end; look at its patterns") from None
