"""How TLS is spoken: the contexts of Python's ssl module, from the words of the file."""

import ssl
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from medic.app.settings.mistakes import Finding
from medic.app.web.toolkit.checking import TLS, VERIFYING
from medic.app.web.toolkit.names import CIPHERS, CURVES, ClientAuth
from medic.app.web.toolkit.words import TlsServer

NAME_A_CERTIFICATE = "name the file that begins -----BEGIN CERTIFICATE-----"
PROTECTED = "password"
REASONS: Mapping[str, tuple[str, str]] = {
    "KEY_VALUES_MISMATCH": ("is not the key of the certificate", "name the key that the certificate was made with"),
    PROTECTED: ("is protected by a password", "name a key without one, that only Medic's user can read"),
    "EE_KEY_TOO_SMALL": ("is too short a key", "make one of 2048 bits or more"),
}


@dataclass(frozen=True, slots=True)
class Tls:
    """How one handshake is made."""

    context: ssl.SSLContext
    allowed: frozenset[str] = frozenset()
    """Alternative names, of which the client's certificate must have one; all pass while it is empty."""
    verifies: bool = False
    """Whether whoever has come through has shown a certificate that was verified."""

    def admits(self, certificate: Mapping[str, Sequence[tuple[str, str]]] | None) -> bool:
        """Tell whether a client may pass, by its certificate as ``getpeercert`` gives it."""
        if not self.allowed:
            return True
        names = {name for _, name in (certificate or {}).get("subjectAltName", ())}
        return bool(names & self.allowed)


class UnusableError(Exception):
    """Certificates or keys that cannot be used; it never leaves this package."""

    def __init__(self, *findings: Finding) -> None:
        """Keep what is wrong, at its place in the file."""
        super().__init__(str(findings))
        self.findings = findings


def build(words: TlsServer) -> Tls:
    """Make the context; raises UnusableError for files that cannot be read or do not belong together."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version, context.maximum_version = words.min_version, words.max_version
    context.set_alpn_protocols(["http/1.1"])
    if not words.prefer_server_cipher_suites:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    _limit(context, words)
    _show_certificate(context, words)
    _ask_clients(context, words)
    required = words.client_auth_type is ClientAuth.REQUIRE_AND_VERIFY
    return Tls(context, frozenset(words.client_allowed_sans), verifies=required)


def _limit(context: ssl.SSLContext, words: TlsServer) -> None:
    suites = [CIPHERS[name] for name in words.cipher_suites if CIPHERS[name]]
    if suites:
        context.set_ciphers(":".join(suites))
    if len(words.curve_preferences) > 1:
        text = "are more than one, which Python cannot set"
        raise UnusableError(Finding((TLS, "curve_preferences"), text, "name one, or remove the key for all of them"))
    for curve in words.curve_preferences:
        context.set_ecdh_curve(CURVES[curve])


def _show_certificate(context: ssl.SSLContext, words: TlsServer) -> None:
    wrong = [*_unreadable("cert_file", words.cert_file), *_unreadable("key_file", words.key_file)]
    if wrong:
        raise UnusableError(*wrong)
    with ExitStack() as stack:
        cert = words.cert_file or stack.enter_context(_written(words.cert or ""))
        secret = words.key.get_secret_value() if words.key else ""
        key = words.key_file or stack.enter_context(_written(secret))
        try:
            context.load_cert_chain(cert, key, password=_no_password)
        except (ssl.SSLError, ValueError, _ProtectedError) as error:
            reason = PROTECTED if isinstance(error, _ProtectedError) else getattr(error, "reason", None)
            raise UnusableError(_unusable(words, cert, reason)) from error


class _ProtectedError(Exception):
    """A key asks for its password."""


def _no_password() -> str:
    """Answer in OpenSSL's place, which would ask whoever sits at the terminal."""
    raise _ProtectedError


def _unusable(words: TlsServer, cert: Path, reason: str | None) -> Finding:
    """Say which of the two files is wrong; OpenSSL does not."""
    known = REASONS.get(reason or "")
    place = "key_file" if words.key_file else "key"
    if known:
        return Finding((TLS, place), *known)
    if not _has_certificate(cert):
        place = "cert_file" if words.cert_file else "cert"
        return Finding((TLS, place), "holds no certificate in PEM", NAME_A_CERTIFICATE)
    return Finding((TLS, place), "holds no key in PEM", "name the file that begins -----BEGIN PRIVATE KEY-----")


def _has_certificate(file: Path) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except ssl.SSLError:
        return False
    return True


def _ask_clients(context: ssl.SSLContext, words: TlsServer) -> None:
    if words.client_auth_type not in VERIFYING:
        return
    place = "client_ca_file" if words.client_ca_file else "client_ca"
    if wrong := list(_unreadable(place, words.client_ca_file)):
        raise UnusableError(*wrong)
    authorities = words.client_ca_file.read_text("ascii", "replace") if words.client_ca_file else words.client_ca or ""
    try:
        context.load_verify_locations(cadata=authorities)
    except (ssl.SSLError, ValueError) as error:
        raise UnusableError(Finding((TLS, place), "holds no certificate in PEM", NAME_A_CERTIFICATE)) from error
    required = words.client_auth_type is ClientAuth.REQUIRE_AND_VERIFY
    context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL


def refuse_endless(file: Path) -> None:
    """Raise OSError for what is no plain file, such as a pipe, from which a read may never return."""
    if not stat.S_ISREG(file.stat().st_mode):
        raise OSError(0, "no plain file")


def _unreadable(key: str, file: Path | None) -> Iterator[Finding]:
    try:
        if file is not None:
            refuse_endless(file)
            with file.open("rb") as opened:
                opened.read(1)
    except OSError as error:
        advice = "name a file that Medic's user can read; paths are relative to this file"
        yield Finding((TLS, key), f"cannot be read ({error.strerror})", advice)


@contextmanager
def _written(text: str) -> Iterator[Path]:
    """Yield a file that holds *text*, which nobody else can open; Python reads certificates from files alone."""
    with TemporaryDirectory(prefix="medic-") as folder:  # mode 0700
        file = Path(folder, "pem")
        file.write_text(text)
        yield file
