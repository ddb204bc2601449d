import asyncio
import gzip
import socket

import aiohttp
import pytest
from aiohttp import web

from medic.app.web.busy import BusyError
from medic.app.web.site import guarded, serve, squeeze
from medic.core.errors import MedicError, RefusedError, StoreError

TOKEN = "secret-token"


def site(*, loopback: bool = True) -> web.Application:
    application = guarded(token=TOKEN, loopback=loopback)

    def raising(error: Exception):
        async def handler(_request):
            raise error

        return handler

    async def ok(_request):
        return web.Response(text="ok")

    async def large(request):
        return squeeze(request, b"x" * 5000, "text/plain")

    application.router.add_get("/page", ok)
    application.router.add_post("/page", ok)
    application.router.add_get("/metrics", ok)
    application.router.add_get("/large", large)
    for name, error in {
        "busy": BusyError("full"),
        "refused": RefusedError("not now"),
        "store": StoreError("disk full"),
        "wrong": MedicError("write it so"),
    }.items():
        application.router.add_get(f"/{name}", raising(error))
    return application


@pytest.fixture
async def ask():
    async with aiohttp.ClientSession() as session:

        async def ask_(application, method, path, **options):
            async with (
                serve(application, "127.0.0.1", 0) as port,
                session.request(method, f"http://127.0.0.1:{port}{path}", **options) as answer,
            ):
                return answer.status, await answer.text(), answer.headers

        yield ask_


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_on_loopback_reading_needs_nothing(ask):
    assert (await ask(site(), "GET", "/page"))[0] == 200


async def test_a_page_that_reads_us_under_a_name_of_its_own_needs_the_token(ask):
    rebound = {"Host": "evil.example:10119"}
    assert (await ask(site(), "GET", "/page", headers=rebound))[0] == 401
    assert (await ask(site(), "GET", "/page", headers={"Host": "localhost:10119"}))[0] == 200
    assert (await ask(site(), "GET", "/page", headers={**rebound, **bearer(TOKEN)}))[0] == 200


@pytest.mark.parametrize(
    "headers", [{}, bearer("wrong"), {"Authorization": TOKEN}, {"Authorization": f"Basic {TOKEN}"}]
)
async def test_what_changes_state_needs_the_token(ask, headers):
    status, text, answered = await ask(site(), "POST", "/page", headers=headers)
    assert status == 401
    assert "Authorization: Bearer" in text
    assert answered["WWW-Authenticate"].startswith("Bearer")


async def test_the_token_opens_what_changes_state(ask):
    assert (await ask(site(), "POST", "/page", headers=bearer(TOKEN)))[0] == 200


async def test_beyond_loopback_reading_needs_the_token_but_for_the_exporters_pages(ask):
    application = site(loopback=False)
    assert (await ask(application, "GET", "/page"))[0] == 401
    application = site(loopback=False)
    assert (await ask(application, "GET", "/metrics"))[0] == 200
    application = site(loopback=False)
    assert (await ask(application, "GET", "/page", headers=bearer(TOKEN)))[0] == 200


@pytest.mark.parametrize(
    ("path", "status", "retry"),
    [
        ("/busy", 503, True),
        ("/refused", 409, False),
        ("/store", 503, True),
        ("/wrong", 400, False),
        ("/no", 404, False),
    ],
)
async def test_what_is_raised_on_purpose_is_answered_with_its_text(ask, path, status, retry):
    found, text, headers = await ask(site(), "GET", path)
    assert found == status
    assert '"error"' in text
    assert ("Retry-After" in headers) is retry


async def test_a_large_page_is_compressed_for_those_who_take_it(ask):
    _, _, headers = await ask(site(), "GET", "/large", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in headers
    status, text, headers = await ask(site(), "GET", "/large", headers={"Accept-Encoding": "gzip"})
    assert (status, headers["Content-Encoding"], text) == (200, "gzip", "x" * 5000)
    assert int(headers["Content-Length"]) <= len(gzip.compress(b"x" * 5000, 1)) + 16


async def test_a_client_that_hangs_up_cancels_nothing_of_what_it_ordered():
    asked, done = asyncio.Event(), asyncio.Event()

    async def order(request):
        asked.set()
        while request.transport is not None:  # noqa: ASYNC110 - until it is known that nobody waits for the answer
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        done.set()
        return web.Response()

    application = site()
    application.router.add_get("/slow", order)
    async with asyncio.timeout(20), serve(application, "127.0.0.1", 0) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /slow HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await asked.wait()
        writer.close()
        await done.wait()


async def test_a_port_that_is_taken_is_an_error_that_names_the_setting():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(MedicError, match=r"is taken by another program; .*listen:"):
            async with serve(site(), "127.0.0.1", other.getsockname()[1]):
                pass


async def test_an_address_of_another_host_is_an_error_that_names_the_setting():
    with pytest.raises(MedicError, match="listen:"):
        async with serve(site(), "192.0.2.1", 0):
            pass
