"""Outcomes as families, with the names, labels and help texts of blackbox_exporter."""

import ipaddress
from collections.abc import Callable, Sequence

from exporter.probes.latency import Latency
from exporter.probes.outcome import Answer, Chain, Outcome, Trail
from medic.core.samples import Family, Labels, gauge, labels

FNV_OFFSET, FNV_PRIME = 0x811C9DC5, 0x01000193
"""32-bit FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/"""
BITS = 0xFFFFFFFF

ANSWERS: tuple[tuple[str, str, Callable[[Answer], float | None]], ...] = (
    ("probe_http_status_code", "Response HTTP status code", lambda answer: answer.status),
    ("probe_http_version", "Returns the version of HTTP of the probe response", lambda answer: answer.version),
    ("probe_http_ssl", "Indicates if SSL was used for the final redirect", lambda answer: int(answer.secure)),
    ("probe_http_content_length", "Length of http content response", lambda answer: answer.length),
    ("probe_http_uncompressed_body_length", "Length of uncompressed response body", lambda answer: answer.read),
    (
        "probe_http_last_modified_timestamp_seconds",
        "Returns the Last-Modified HTTP response header in unixtime",
        lambda answer: answer.modified,
    ),
)
EXPIRIES: tuple[tuple[str, str, Callable[[Chain], float | None]], ...] = (
    (
        "probe_ssl_earliest_cert_expiry",
        "Returns last SSL chain expiry in unixtime",
        lambda chain: chain.earliest_expiry,
    ),
    (
        "probe_ssl_last_chain_expiry_timestamp_seconds",
        "Returns last SSL chain expiry in timestamp",
        lambda chain: chain.chain_expiry,
    ),
)


def families(outcome: Outcome, pairs: Labels = ()) -> list[Family]:
    """Lay out an outcome with *pairs* on each sample; what was not found out is absent, also when it failed."""
    trail = outcome.trail
    found = [
        _one("probe_success", "Displays whether or not the probe was a success", pairs, int(outcome.success)),
        _one(
            "probe_duration_seconds",
            "Returns how long the probe took to complete in seconds",
            pairs,
            outcome.seconds,
        ),
        _one("probe_failed_due_to_regex", "Indicates if probe failed due to regex", pairs, int(outcome.by_pattern)),
        _one(
            "probe_dns_lookup_time_seconds",
            "Returns the time taken for probe dns lookup in seconds",
            pairs,
            trail.lookup,
        ),
        _one(
            "probe_ip_protocol",
            "Specifies whether probe ip protocol is IP4 or IP6",
            pairs,
            _address(trail.address).version if trail.address else None,
        ),
        _one(
            "probe_ip_addr_hash",
            "Specifies the hash of IP address. It's useful to detect if the IP address changes.",
            pairs,
            fnv1a(_address(trail.address).packed) if trail.address else None,
        ),
    ]
    return [*found, *(_http(outcome, pairs) if outcome.over_http else ()), *_tls(trail.chain, pairs)]


def unasked() -> list[Family]:
    """Return every family of probes that there is, without a sample."""
    nothing = Outcome("", over_http=True, seconds=0.0, reason="", by_pattern=False, trail=Trail(float))
    return [*(family._replace(samples=()) for family in families(nothing)), Latency().family("")._replace(samples=())]


def down(name: str) -> list[Family]:
    """Return what is true of a probe of which nothing is known: it did not succeed."""
    pairs = labels(probe=name)
    return [_one("probe_success", "Displays whether or not the probe was a success", pairs, 0)]


def fnv1a(content: bytes) -> int:
    """Return the 32-bit FNV-1a hash."""
    value = FNV_OFFSET
    for byte in content:
        value = (value ^ byte) * FNV_PRIME & BITS
    return value


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(text.partition("%")[0])


def _one(name: str, help_: str, pairs: Labels, value: float | None) -> Family:
    return gauge(name, help_, *([] if value is None else [(pairs, value)]))


def _http(outcome: Outcome, pairs: Labels) -> Sequence[Family]:
    trail, answer = outcome.trail, outcome.trail.answer
    return [
        gauge(
            "probe_http_duration_seconds",
            "Duration of http request by phase, summed over all redirects",
            *((labels(dict(pairs), phase=phase), seconds) for phase, seconds in trail.phases.items()),
        ),
        _one("probe_http_redirects", "The number of redirects", pairs, trail.redirects),
        *(_one(name, help_, pairs, read(answer) if answer else None) for name, help_, read in ANSWERS),
    ]


def _tls(chain: Chain | None, pairs: Labels) -> Sequence[Family]:
    told = [] if chain is None else [(labels(dict(pairs), **_described(chain)), 1.0)]
    version = [] if chain is None else [(labels(dict(pairs), version=chain.version), 1.0)]
    return [
        *(_one(name, help_, pairs, read(chain) if chain else None) for name, help_, read in EXPIRIES),
        gauge("probe_ssl_last_chain_info", "Contains SSL leaf certificate information", *told),
        gauge("probe_tls_version_info", "Returns the TLS version used or NaN when unknown", *version),
    ]


def _described(chain: Chain) -> dict[str, str]:
    return {
        "fingerprint_sha256": chain.fingerprint,
        "issuer": chain.issuer,
        "subject": chain.subject,
        "subjectalternative": chain.names,
    }
