"""What no value of the file can say alone: halves that are missing, headers and hashes that nobody could use."""

import re
from collections.abc import Iterator, Mapping

from medic.app.settings.mistakes import Finding, Path
from medic.app.settings.patterns import entries, value_at
from medic.app.settings.yaml import Tree
from medic.app.web.toolkit.names import ClientAuth

HEADERS: Mapping[str, tuple[str, ...]] = {
    "Content-Security-Policy": (),
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
}
"""The headers that may be set, with the values that each may have; any where none is named."""
DEAREST = 15
"""The highest cost of a hash: each step doubles the time, and at this one an answer takes some 3 s of a core.

Nobody else's password is compared meanwhile, so that a dearer one would let any stranger keep all users out.
"""
TLS, HTTP, USERS = "tls_server_config", "http_server_config", "basic_auth_users"
VERIFYING = frozenset({ClientAuth.VERIFY_IF_GIVEN, ClientAuth.REQUIRE_AND_VERIFY})

_BCRYPT = re.compile(r"\$2[aby]\$(?P<cost>[0-9]{2})\$[./A-Za-z0-9]{53}")
_VISIBLE = re.compile(r"[\t -~]*")


def check(tree: Tree) -> Iterator[Finding]:
    """Yield a finding for each relation in *tree* that does not hold; what has a wrong shape is passed over."""
    yield from _tls(tree)
    yield from _headers(tree)
    yield from _users(tree)


def _tls(tree: Tree) -> Iterator[Finding]:
    tls = value_at(tree, (TLS,))
    if not isinstance(tls, dict) or not tls:
        return
    for name in ("cert", "key", "client_ca"):
        if name in tls and f"{name}_file" in tls:
            yield Finding((TLS, f"{name}_file"), f"given beside {name}", "keep one of the two")
    for name in ("cert", "key"):
        if name not in tls and f"{name}_file" not in tls and _is_wanted(tls):
            yield Finding(
                (TLS,), f"{name}_file is missing", f"add {name}_file: medic.{'crt' if name == 'cert' else 'key'}"
            )
    yield from _clients(tls)
    if tls.get("min_version") == "TLS13" and tls.get("max_version") == "TLS12":
        yield Finding((TLS, "min_version"), "is above max_version", "write TLS12, or remove max_version")


def _is_wanted(tls: Mapping[str, Tree]) -> bool:
    named = {"cert", "key", "client_ca", "cert_file", "key_file", "client_ca_file"} & tls.keys()
    return bool(named) or tls.get("client_auth_type", ClientAuth.NONE) != ClientAuth.NONE


def _clients(tls: Mapping[str, Tree]) -> Iterator[Finding]:
    given = tls.get("client_auth_type", ClientAuth.NONE)
    auth = given if isinstance(given, str) else ""
    known = auth in set(ClientAuth)
    has_ca = "client_ca" in tls or "client_ca_file" in tls
    if auth in VERIFYING and not has_ca:
        yield Finding((TLS, "client_auth_type"), "has no authority to verify by", "add client_ca_file: ca.crt")
    if has_ca and known and auth not in VERIFYING:
        key = "client_ca_file" if "client_ca_file" in tls else "client_ca"
        advice = f"write client_auth_type: {ClientAuth.REQUIRE_AND_VERIFY}"
        yield Finding((TLS, key), "verifies nobody: no client is asked for a certificate", advice)
    if "client_allowed_sans" in tls and known and auth != ClientAuth.REQUIRE_AND_VERIFY:
        advice = f"write client_auth_type: {ClientAuth.REQUIRE_AND_VERIFY}"
        yield Finding((TLS, "client_allowed_sans"), "keeps out nobody who sends no certificate", advice)


def _headers(tree: Tree) -> Iterator[Finding]:
    for name, value in entries(value_at(tree, (HTTP, "headers"))).items():
        path: Path = (HTTP, "headers", name)
        if name not in HEADERS:
            yield Finding(path, "cannot be set", f"set one of {', '.join(HEADERS)}")
        elif isinstance(value, str) and HEADERS[str(name)] and value and value not in HEADERS[str(name)]:
            yield Finding(path, "is not a value of it", f"write {' or '.join(HEADERS[str(name)])}")
        elif isinstance(value, str) and not _VISIBLE.fullmatch(value):
            yield Finding(path, "holds what a header cannot", "write it on one line, in ASCII")


def _users(tree: Tree) -> Iterator[Finding]:
    for name, value in entries(value_at(tree, (USERS,))).items():
        path: Path = (USERS, name)
        if not name or ":" in str(name):
            yield Finding(path, "is no name that a client can send", "leave the colon out")
        if not isinstance(value, str):
            continue
        match = _BCRYPT.fullmatch(value)
        if match is None:
            yield Finding(path, "is not a hash by bcrypt", 'make one: htpasswd -nBC 10 "" | tr -d ":\\n"')
        elif not 4 <= int(match["cost"]) <= DEAREST:  # noqa: PLR2004 - bcrypt's own least cost
            yield Finding(
                path, f"has the cost {int(match['cost'])}", f"make a hash with a cost from 4 to {DEAREST}, such as 10"
            )
