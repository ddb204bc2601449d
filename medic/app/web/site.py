"""The site: who may ask what, how errors are answered, and the socket."""

import errno
import gzip
import hmac
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Middleware

from medic.core.crowd import listening
from medic.core.errors import MedicError, RefusedError, StoreError
from medic.core.loopback import names_loopback

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
OPEN_PATHS = frozenset({"/metrics", "/-/healthy", "/-/ready"})
"""Open beyond loopback too, as people expect of an exporter."""
QUESTIONS = frozenset(
    f"/api/v1/{name}" for name in ("query", "query_range", "query_exemplars", "format_query", "series", "labels")
)
"""Asked by POST, too, since an expression can be too long for an address; they change nothing."""
MAX_BODY = 4 * 1024 * 1024
GZIP_FROM = 1024
MOST_CONNECTIONS = 512


class BusyError(MedicError):
    """Too much is waiting; answered with 503 and Retry-After."""


def guarded(*, token: str, loopback: bool) -> web.Application:
    """Make an empty application; whatever changes state needs the bearer token, and beyond loopback so does reading."""
    guards = [forgive_hanging_up, answer_errors, _guard(token, loopback=loopback)]
    return web.Application(middlewares=guards, client_max_size=MAX_BODY)


def _guard(token: str, *, loopback: bool) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        check_token(request, token=token, loopback=loopback)
        return await handler(request)

    return guard


def check_token(request: web.Request, *, token: str, loopback: bool) -> None:
    """Raise 401 unless the request may pass: by its path, by reading on loopback under its name, or by the token."""
    reads = request.method in {"GET", "HEAD"} or (request.method == "POST" and request.path in QUESTIONS)
    if request.path in OPEN_PATHS or (reads and loopback and names_loopback(request.headers.get("Host"))):
        return
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    credentials = given.strip().encode(errors="replace")
    if scheme.lower() == "bearer" and hmac.compare_digest(credentials, token.encode()):
        return
    advice = "send `Authorization: Bearer TOKEN`; the token is in the file `token` of Medic's state folder"
    raise web.HTTPUnauthorized(text=advice, headers={"WWW-Authenticate": 'Bearer realm="medic"'})


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
    return "gzip" in request.headers.get("Accept-Encoding", "")


def pack(body: bytes, content_type: str, *, gzipped: bool) -> web.Response:
    """Make an answer of *body*, gzipped at level 1 if that is worth it; call it in a thread for what may be large."""
    headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
    if gzipped and len(body) >= GZIP_FROM:
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, compresslevel=1, mtime=0)
    return web.Response(body=body, headers=headers)


@asynccontextmanager
async def serve(application: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """Listen for as long as the context lasts, and yield the port (port 0 takes a free one).

    Raises MedicError when the port is taken or the address is not ours.
    """
    # A client that hangs up cancels nothing: what it ordered may be half written, and then memory and disk would part.
    runner = web.AppRunner(application, access_log=None, handler_cancellation=False, shutdown_timeout=1.0)
    await runner.setup()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(runner.cleanup)
        where = listening(runner.server, host.strip("[]") or None, port, most=MOST_CONNECTIONS)
        try:
            address = await stack.enter_async_context(where)
        except OSError as error:
            raise _not_listening(f"{host}:{port}", error) from error
        yield address[1]


def _not_listening(address: str, error: OSError) -> MedicError:
    if error.errno == errno.EADDRINUSE:
        return MedicError(f"{address} is taken by another program; stop it or set `listen:` to a free port")
    return MedicError(f"cannot listen on {address} ({error.strerror}); set `listen:` to one of this host's")
