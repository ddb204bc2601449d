"""Web configuration files in tests, and sites that are served by them."""

from base64 import b64encode
from contextlib import asynccontextmanager

import aiohttp
import bcrypt
import yaml
from aiohttp import web

from medic.app.settings import ConfigError
from medic.app.web.site import guarded, serve
from medic.app.web.toolkit.front import Front
from medic.app.web.toolkit.reading import read

TOKEN = "the-token"
PASSWORD = "correct horse"
HASH = bcrypt.hashpw(PASSWORD.encode(), b"$2b$04$" + b"abcdefghijklmnopqrstuu").decode()
"""With a salt of its own, as names of tests hold it."""


def write(folder, text):
    """Write the file, from text or from what YAML writes of it."""
    file = folder / "web.yml"
    file.write_text(text if isinstance(text, str) else yaml.safe_dump(text))
    return file


def wrong(folder, text):
    """Return what a file is refused with, a line for each mistake; empty when it is not refused."""
    file = write(folder, text)
    try:
        read(file)
    except ConfigError as error:
        return [line.removeprefix(str(file)) for line in str(error).splitlines()]
    return []


@asynccontextmanager
async def site(folder, text, *, loopback=True, door=None):
    """Serve a small site by the file *text*, and yield its front and its address."""
    front = Front(write(folder, text))
    application = guarded(token=TOKEN, loopback=loopback, front=front)
    for path in ("/page", "/metrics", "/-/healthy"):
        application.router.add_get(path, _answer)
    application.router.add_post("/page", _answer)
    async with serve(application, "127.0.0.1", 0, front=front, door=door) as port:
        yield front, f"{front.scheme}://127.0.0.1:{port}"


async def _answer(request):
    return web.Response(text="well")


async def ask(url, method="GET", **options):
    """Return status, headers and text; each on a connection of its own."""
    async with aiohttp.ClientSession() as session, session.request(method, url, **options) as answer:
        return answer.status, answer.headers, await answer.text()


def user(name="alice", password=PASSWORD):
    text = f"{name}:{password}"
    return {"Authorization": f"Basic {b64encode(text.encode()).decode()}"}


def bearer():
    return {"Authorization": f"Bearer {TOKEN}"}
