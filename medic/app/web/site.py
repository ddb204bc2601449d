"""The site: who may ask what, how errors are answered, and the socket."""

import errno
import gzip
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Middleware

from exporter.accept import takes
from medic.app.web.busy import BusyError
from medic.app.web.guard import Guard
from medic.app.web.toolkit.front import Front
from medic.core.crowd import listening, listening_at
from medic.core.errors import MedicError, RefusedError, StoreError

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
MAX_BODY = 4 * 1024 * 1024
GZIP_FROM = 1024
MOST_CONNECTIONS = 512


def guarded(*, token: str, loopback: bool, front: Front | None = None) -> web.Application:
    """Make an empty application; whatever changes state needs the bearer token, and beyond loopback so does reading.

    *front* knows the users that are asked for their names, and the headers that every answer has.
    """
    shown = front or Front()
    guards = [forgive_hanging_up, answer_errors, _guard(Guard(token=token, loopback=loopback, front=shown))]
    application = web.Application(middlewares=guards, client_max_size=MAX_BODY)

    async def set_headers(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(shown.terms.headers)

    application.on_response_prepare.append(set_headers)
    return application


def _guard(guard: Guard) -> Middleware:
    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        await guard.check(request)
        return await handler(request)

    return check


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what is raised on purpose with a status and ``{"error": text}``; a bug is logged and is a plain 500."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < web.HTTPBadRequest.status_code:
            raise
        return failure(error.status, error.text or error.reason, headers=dict(error.headers))
    except BusyError as error:
        return failure(503, str(error), headers={"Retry-After": "5"})
    except RefusedError as error:
        return failure(409, str(error))
    except StoreError as error:
        log.warning("store failed a request", extra={"path": request.path, "why": str(error)})
        return failure(503, str(error), headers={"Retry-After": "5"})
    except MedicError as error:
        return failure(400, str(error))


@web.middleware
async def forgive_hanging_up(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Take it for no bug when the connection ends in the middle of a request: nobody reads this answer."""
    try:
        return await handler(request)
    except ConnectionResetError:
        return failure(400, "the connection ended before the request did")


def failure(status: int, text: str, *, headers: dict[str, str] | None = None) -> web.Response:
    """Answer with ``{"error": text}``."""
    kept = {
        name: value for name, value in (headers or {}).items() if name in {"Retry-After", "WWW-Authenticate", "Allow"}
    }
    return web.json_response({"error": text}, status=status, headers=kept)


def squeeze(request: web.Request, body: bytes, content_type: str) -> web.Response:
    """Answer with *body*, gzipped where the client takes it and it is worth it."""
    return pack(body, content_type, gzipped=takes_gzip(request))


def takes_gzip(request: web.Request) -> bool:
    """Tell whether the client takes a gzipped answer."""
    return takes(",".join(request.headers.getall("Accept-Encoding", ())), "gzip")


def pack(body: bytes, content_type: str, *, gzipped: bool) -> web.Response:
    """Make an answer of *body*, gzipped at level 1 if that is worth it; call it in a thread for what may be large."""
    headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
    if gzipped and len(body) >= GZIP_FROM:
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, compresslevel=1, mtime=0)
    return web.Response(body=body, headers=headers)


@asynccontextmanager
async def serve(
    application: web.Application, host: str, port: int, *, front: Front | None = None, door: Path | None = None
) -> AsyncIterator[int]:
    """Listen for as long as the context lasts, and yield the port (port 0 takes a free one).

    *front* says whether and how TLS is spoken there. At *door*, a socket in the file system that only its owner can
    open, HTTP is spoken whatever the front says. Raises MedicError when the port is taken or the address is not ours.
    """
    # A client that hangs up cancels nothing: what it ordered may be half written, and then memory and disk would part.
    runner = web.AppRunner(application, access_log=None, handler_cancellation=False, shutdown_timeout=1.0)
    await runner.setup()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(runner.cleanup)
        securing = front.tls if front is not None and front.terms.tls else None
        where = listening(runner.server, host.strip("[]") or None, port, most=MOST_CONNECTIONS, securing=securing)
        try:
            address = await stack.enter_async_context(where)
        except OSError as error:
            raise _not_listening(f"{host}:{port}", error) from error
        if door is not None:
            await stack.enter_async_context(listening_at(runner.server, door, most=MOST_CONNECTIONS))
        yield address[1]


def _not_listening(address: str, error: OSError) -> MedicError:
    if error.errno == errno.EADDRINUSE:
        return MedicError(f"{address} is taken by another program; stop it or set `listen:` to a free port")
    return MedicError(f"cannot listen on {address} ({error.strerror}); set `listen:` to one of this host's")
