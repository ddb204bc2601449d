"""Under which keys the application holds what its pages need."""

from aiohttp import web

from medic.app.house import House

HOUSE = web.AppKey("house", House)
