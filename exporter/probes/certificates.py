"""What the certificates of a TLS connection say, in the words of blackbox_exporter."""

import hashlib
import ssl
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Protocol, cast

from exporter.probes.outcome import Chain
from exporter.probes.spec import Trust

SHORT = {
    "serialNumber": "SERIALNUMBER",
    "commonName": "CN",
    "postalCode": "POSTALCODE",
    "streetAddress": "STREET",
    "stateOrProvinceName": "ST",
    "localityName": "L",
    "organizationalUnitName": "OU",
    "organizationName": "O",
    "countryName": "C",
}
"""OpenSSL's names of the parts of a name, in the order in which Go writes them, and Go's names of them."""
VERSIONS = {"TLSv1": "TLS 1.0", "TLSv1.1": "TLS 1.1", "TLSv1.2": "TLS 1.2", "TLSv1.3": "TLS 1.3"}
SPECIAL = frozenset(',+"\\<>;')

Name = Sequence[Sequence[tuple[str, str]]]
"""A distinguished name as Python's ssl module gives it."""


class _Certificate(Protocol):
    """One certificate of ``_ssl``."""

    def get_info(self) -> Mapping[str, object]: ...
    def public_bytes(self) -> str: ...


@lru_cache(maxsize=64)
def context(trust: Trust, _changed: int) -> ssl.SSLContext:
    """Make the context for *trust*, which costs some 15 ms; *_changed* tells versions of its file apart.

    Raises OSError for a file that cannot be read or holds no certificates.
    """
    made = ssl.create_default_context(cafile=str(trust.ca_file) if trust.ca_file else None)
    if trust.insecure:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


def context_of(trust: Trust) -> ssl.SSLContext:
    """Return the context for *trust*, with its file as it is now; raises OSError."""
    return context(trust, trust.ca_file.stat().st_mtime_ns if trust.ca_file else 0)


def chain_of(channel: ssl.SSLSocket) -> Chain:
    """Read the certificates of a connection, verified or not."""
    sent = _chain(channel, "get_unverified_chain")
    verified = _chain(channel, "get_verified_chain") if channel.context.verify_mode is ssl.CERT_REQUIRED else []
    leaf = sent[0] if sent else {}
    der = channel.getpeercert(binary_form=True) or b""
    return Chain(
        version=VERSIONS.get(channel.version() or "", "unknown"),
        earliest_expiry=_earliest(sent),
        chain_expiry=_earliest(verified),
        fingerprint=hashlib.sha256(der).hexdigest(),
        issuer=write_name(cast("Name", leaf.get("issuer", ()))),
        subject=write_name(cast("Name", leaf.get("subject", ()))),
        names=",".join(text for kind, text in _alternatives(leaf) if kind == "DNS"),
    )


def _chain(channel: ssl.SSLSocket, which: str) -> list[Mapping[str, object]]:
    """Decode a chain; Python 3.11 has it below its public face only, and no public way decodes what is not verified."""
    inner = getattr(channel, "_sslobj", None)
    found = cast("Sequence[_Certificate]", getattr(inner, which, list)() or ())
    return [each.get_info() for each in found]


def _alternatives(certificate: Mapping[str, object]) -> Sequence[tuple[str, str]]:
    return cast("Sequence[tuple[str, str]]", certificate.get("subjectAltName", ()))


def _earliest(chain: Sequence[Mapping[str, object]]) -> float | None:
    return min((end for end in map(expiry, chain) if end is not None), default=None)


def expiry(certificate: Mapping[str, object]) -> float | None:
    """Return when a decoded certificate ends, in unixtime; None when it says what is no time."""
    try:
        return float(ssl.cert_time_to_seconds(str(certificate["notAfter"])))
    except ValueError:
        return None


def write_name(name: Name) -> str:
    """Write a distinguished name as Go's ``pkix.Name`` does: ``CN=localhost,O=Example,C=DE``."""
    pairs = [pair for part in name for pair in part]
    others = [f"{kind}={_escape(text)}" for kind, text in reversed(pairs) if kind not in SHORT]
    known = []
    for kind, short in SHORT.items():
        texts = [f"{short}={_escape(text)}" for found, text in pairs if found == kind]
        known += ["+".join(texts)] if texts else []
    return ",".join((*known, *others))


def _escape(text: str) -> str:
    """Escape as RFC 2253, section 2.4."""
    escaped = "".join(f"\\{char}" if char in SPECIAL else char for char in text)
    if text[:1] in {" ", "#"}:
        escaped = f"\\{escaped}"
    return f"{escaped[:-1]}\\ " if len(text) > 1 and text[-1] == " " else escaped
