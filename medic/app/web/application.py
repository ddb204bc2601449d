"""The application: every page of the web under its guards."""

from aiohttp import web

from medic.app.house import House
from medic.app.web import control, discovery, exporting, pages, peers, probing, reading
from medic.app.web.keys import HOUSE, SCRAPES
from medic.app.web.promapi.routes import furnish
from medic.app.web.scrapes import Scrapes
from medic.app.web.site import guarded


def build(house: House, token: str, *, loopback: bool) -> web.Application:
    """Make the application for a house; *token* opens what changes state, and beyond loopback everything."""
    application = guarded(token=token, loopback=loopback, front=house.front)
    application[HOUSE] = house
    application[SCRAPES] = Scrapes(house.settings.web.max_requests)
    for room in (exporting, probing, discovery, reading, control, peers, pages):
        application.add_routes(room.routes)
    furnish(application, house)
    return application
