"""The HTTP endpoints of one queue: each reads its body strictly, asks the broker, and answers JSON."""

import hmac
import json
from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from medic.core.errors import MedicError, RefusedError, StoreError
from medic.core.loopback import names_loopback
from medic.core.queue import Json, Task
from workers.queue import wire
from workers.queue.broker import Broker, UnknownTaskError

MAX_BODY = 1024 * 1024
OPEN_PATHS = frozenset({"/-/healthy", "/-/ready"})


def build(broker: Broker, *, token: str | None = None, max_body: int = MAX_BODY) -> web.Application:
    """Make the application of one queue; with a *token*, every request but for health must bear it."""
    application = web.Application(client_max_size=max_body, middlewares=[_answer_errors, _guard(token)])
    for method, path, endpoint in ROUTES:
        application.router.add_route(method, path, partial(endpoint, broker))
    return application


async def _submit(broker: Broker, request: web.Request) -> web.Response:
    value = await _read(request)
    ids = await broker.submit(wire.read_submissions(value))
    return _answer({"ids": list(ids)} if isinstance(value, list) else {"id": ids[0]}, status=201)


async def _get(broker: Broker, request: web.Request) -> web.Response:
    return _answer(wire.write_task(await broker.get(request.match_info["id"])))


async def _lease(broker: Broker, request: web.Request) -> web.Response:
    wanted = wire.read_lease(await _read(request))
    task = await broker.lease(wanted, partial(_hung_up, request))
    if task is None:
        return web.Response(status=204)
    return _answer({**wire.write_task(task), "lease": broker.spec.lease.total_seconds()})


async def _extend(broker: Broker, request: web.Request) -> web.Response:
    worker = wire.read_worker(await _read(request))
    return _stand(await broker.extend(request.match_info["id"], worker))


async def _done(broker: Broker, request: web.Request) -> web.Response:
    worker, result = wire.read_done(await _read(request))
    return _stand(await broker.complete(request.match_info["id"], worker, result))


async def _fail(broker: Broker, request: web.Request) -> web.Response:
    worker, error = wire.read_failure(await _read(request))
    return _stand(await broker.fail(request.match_info["id"], worker, error))


async def _release(broker: Broker, request: web.Request) -> web.Response:
    worker = wire.read_worker(await _read(request))
    return _stand(await broker.release(request.match_info["id"], worker))


async def _stats(broker: Broker, _request: web.Request) -> web.Response:
    return _answer(wire.write_stats(await broker.figures()))


async def _healthy(broker: Broker, _request: web.Request) -> web.Response:
    return web.Response(text=f"queue {broker.spec.name} is healthy\n")


async def _ready(broker: Broker, _request: web.Request) -> web.Response:
    await broker.figures()  # a store that cannot be read raises, and so answers 503
    return web.Response(text=f"queue {broker.spec.name} is ready\n")


ROUTES: tuple[tuple[str, str, Callable[[Broker, web.Request], Awaitable[web.Response]]], ...] = (
    (hdrs.METH_POST, "/api/tasks", _submit),
    (hdrs.METH_GET, "/api/tasks/{id}", _get),
    (hdrs.METH_POST, "/api/lease", _lease),
    (hdrs.METH_POST, "/api/tasks/{id}/extend", _extend),
    (hdrs.METH_POST, "/api/tasks/{id}/done", _done),
    (hdrs.METH_POST, "/api/tasks/{id}/fail", _fail),
    (hdrs.METH_POST, "/api/tasks/{id}/release", _release),
    (hdrs.METH_GET, "/api/stats", _stats),
    (hdrs.METH_GET, "/-/healthy", _healthy),
    (hdrs.METH_GET, "/-/ready", _ready),
)

STATUS: tuple[tuple[type[MedicError], int], ...] = (
    (wire.InvalidRequestError, 400),
    (UnknownTaskError, 404),
    (RefusedError, 409),
    (StoreError, 503),
)


@web.middleware
async def _answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every refusal as JSON that says what to write instead; what is no refusal is a bug and travels."""
    try:
        return await handler(request)
    except MedicError as error:
        status = next((status for kind, status in STATUS if isinstance(error, kind)), 500)
        headers: dict[str, str] = {hdrs.RETRY_AFTER: "1"} if status == 503 else {}  # noqa: PLR2004 - an HTTP status
        return _answer({"error": str(error)}, status=status, headers=headers)
    except web.HTTPException as error:
        allow = error.headers.get(hdrs.ALLOW)
        headers = {} if allow is None else {"Allow": allow}
        return _answer({"error": _advise(request, error)}, status=error.status, headers=headers)
    except ConnectionResetError:  # who hung up in the middle of his request reads no answer, and is no bug
        return _answer({"error": "the connection ended before the request did"}, status=400)


def _guard(token: str | None) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let in who bears the token, and no web page: a browser names its page in Origin, our clients have none.

        A page that is read from its own host sends none either; but where no token is asked for, that host is not ours.
        """
        if hdrs.ORIGIN in request.headers:
            return _answer({"error": "web pages may not use the queue; send no Origin header"}, status=403)
        if token is None and not names_loopback(request.headers.get(hdrs.HOST)):
            return _answer({"error": "this queue is for this machine alone; ask it as 127.0.0.1"}, status=403)
        if token is None or request.path in OPEN_PATHS or _bears(request, token):
            return await handler(request)
        text = "this queue listens beyond loopback; send its token: Authorization: Bearer TOKEN"
        return _answer({"error": text}, status=401, headers={hdrs.WWW_AUTHENTICATE: "Bearer"})

    return guard


def _bears(request: web.Request, token: str) -> bool:
    scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode("utf-8", "replace"), token.encode())


def _advise(request: web.Request, error: web.HTTPException) -> str:
    match error.status:
        case 404:
            paths = ", ".join(f"{method} {path}" for method, path, _ in ROUTES)
            return f"there is no {request.path[:200]}; there are {paths}"
        case 405:
            return f"{request.method} is not for {request.path[:200]}; send {error.headers.get(hdrs.ALLOW, '')}"
        case 413:
            return (
                f"the body is larger than {request.client_max_size} bytes; put large data in a file and submit its path"
            )
        case _:
            return error.text or error.reason


async def _read(request: web.Request) -> Json:
    return wire.read_json(await request.read())


def _hung_up(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def _stand(task: Task) -> web.Response:
    return _answer({"id": task.id, "state": task.state, "lease_until": task.lease_until})


def _answer(value: wire.Fields, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    body = json.dumps(value).encode()
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")
