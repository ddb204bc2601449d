"""The guard: who may read, and who may change what."""

import hmac
from base64 import b64decode
from typing import NamedTuple

from aiohttp import web

from medic.app.web.toolkit.front import Front
from medic.core.loopback import names_loopback

OPEN_PATHS = frozenset({"/metrics", "/-/healthy", "/-/ready"})
"""Open beyond loopback too, as people expect of an exporter, while nobody is asked for a name.

``/probe`` is none of them: it makes this host ask others, as often as anybody likes.
"""
QUESTIONS = frozenset(
    f"/api/v1/{name}" for name in ("query", "query_range", "query_exemplars", "format_query", "series", "labels")
)
"""Asked by POST, too, since an expression can be too long for an address; they change nothing."""
BEARER = 'Bearer realm="medic"'
BASIC = 'Basic realm="medic", charset="UTF-8"'


class Credentials(NamedTuple):
    """A name and a password, as a client sent them."""

    name: str
    password: str


class Guard:
    """Lets requests pass by the bearer token, a user's password, a client's certificate, or where they come from.

    The token opens everything. Users and verified certificates read; what changes state needs the token all the same,
    as browsers send passwords and certificates along with whatever another site's page has them post.
    """

    def __init__(self, *, token: str, loopback: bool, front: Front) -> None:
        """Guard a server that listens on loopback, or beyond; *front* knows the users that there are now."""
        self._token = token.encode()
        self._loopback = loopback
        self._front = front

    async def check(self, request: web.Request) -> None:
        """Raise 401 unless the request may pass, and BusyError when too many passwords are being compared."""
        if self._has_token(request):
            return
        reads = request.method in {"GET", "HEAD"} or (request.method == "POST" and request.path in QUESTIONS)
        is_open = request.path in OPEN_PATHS
        if self._front.users:
            await self._check_user(request, reads=reads or is_open)
        elif not is_open and not (reads and self._may_read(request)):
            advice = "send `Authorization: Bearer TOKEN`; the token is in the file `token` of Medic's state folder"
            raise web.HTTPUnauthorized(text=advice, headers={"WWW-Authenticate": BEARER})

    def _has_token(self, request: web.Request) -> bool:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        credentials = given.strip().encode(errors="replace")
        return scheme.lower() == "bearer" and hmac.compare_digest(credentials, self._token)

    def _may_read(self, request: web.Request) -> bool:
        """Tell whether a client may read without a name: on this machine under its name, or with its certificate."""
        if self._loopback and names_loopback(request.headers.get("Host")):
            return True
        # Python gives a client's certificate only when it was verified.
        return request.transport is not None and bool(request.transport.get_extra_info("peercert"))

    async def _check_user(self, request: web.Request, *, reads: bool) -> None:
        if not reads:
            advice = "what changes state needs `Authorization: Bearer TOKEN`; the token is in the state folder"
            raise web.HTTPUnauthorized(text=advice, headers={"WWW-Authenticate": BEARER})
        given = read_basic(request.headers.get("Authorization", ""))
        if given is None or not await self._front.users.knows(*given):
            advice = "send a name of basic_auth_users with its password, or the bearer token"
            raise web.HTTPUnauthorized(text=advice, headers={"WWW-Authenticate": BASIC})


def read_basic(header: str) -> Credentials | None:
    """Read an ``Authorization`` header by RFC 7617; None for one that is of another scheme or malformed."""
    scheme, _, given = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = b64decode(given.strip(), validate=True).decode(errors="surrogateescape")
    except ValueError:
        return None
    name, colon, password = text.partition(":")
    return Credentials(name, password) if colon else None
