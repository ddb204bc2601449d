"""Under which keys the application holds what its pages need."""

from aiohttp import web

from medic.app.house import House
from medic.app.web.promapi.desk import Desk
from medic.app.web.scrapes import Scrapes

HOUSE = web.AppKey("house", House)
SCRAPES = web.AppKey("scrapes", Scrapes)
"""Those under way."""
QUERIES = web.AppKey("queries", Desk)
"""Where expressions and selections are evaluated."""
LISTS = web.AppKey("lists", Desk)
"""Where what is known already is written out, and large bodies are read; it waits for no query."""
