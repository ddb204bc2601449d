"""Go's names of what TLS may use, in which the file is written, and OpenSSL's names of the same.

Names: https://pkg.go.dev/crypto/tls#pkg-constants; the suites are those that Go's ``tls.CipherSuites`` lists.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from ssl import TLSVersion

from medic.app.settings.sections import WrongValueError

CIPHERS: Mapping[str, str] = {
    "TLS_AES_128_GCM_SHA256": "",
    "TLS_AES_256_GCM_SHA384": "",
    "TLS_CHACHA20_POLY1305_SHA256": "",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": "ECDHE-ECDSA-AES128-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": "ECDHE-ECDSA-AES256-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": "ECDHE-RSA-AES128-SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": "ECDHE-RSA-AES256-SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
    "TLS_RSA_WITH_AES_128_CBC_SHA": "AES128-SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA": "AES256-SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256": "AES128-GCM-SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384": "AES256-GCM-SHA384",
}
"""Empty for those of TLS 1.3, which are always on, in Go as here."""
CURVES: Mapping[str, str] = {
    "X25519": "X25519",
    "CurveP256": "prime256v1",
    "CurveP384": "secp384r1",
    "CurveP521": "secp521r1",
}
VERSIONS: Mapping[str, TLSVersion] = {"TLS12": TLSVersion.TLSv1_2, "TLS13": TLSVersion.TLSv1_3}
BROKEN = frozenset({"TLS10", "TLS11"})
"""Versions that RFC 8996 forbids."""


class ClientAuth(StrEnum):
    """What is asked of clients: Go's ``tls.ClientAuthType``."""

    NONE = "NoClientCert"
    REQUEST = "RequestClientCert"
    REQUIRE_ANY = "RequireAnyClientCert"
    VERIFY_IF_GIVEN = "VerifyClientCertIfGiven"
    REQUIRE_AND_VERIFY = "RequireAndVerifyClientCert"


def parse_cipher(value: object) -> str:
    """Read the name of a cipher suite."""
    return _known(value, CIPHERS, "cipher suite")


def parse_curve(value: object) -> str:
    """Read the name of an elliptic curve."""
    return _known(value, CURVES, "curve")


def parse_version(value: object) -> TLSVersion:
    """Read a version of TLS."""
    if isinstance(value, str) and value in BROKEN:
        raise WrongValueError("is forbidden by RFC 8996", "write TLS12 or TLS13")
    return VERSIONS[_known(value, VERSIONS, "version of TLS")]


def parse_client_auth(value: object) -> ClientAuth:
    """Read what is asked of clients; refused is the one that Python's TLS cannot do, and that protects nothing."""
    if isinstance(value, str) and value in {ClientAuth.REQUIRE_ANY, "RequireClientCert"}:
        raise WrongValueError(
            "takes certificates that anybody can make, which this server does not",
            f"write {ClientAuth.REQUIRE_AND_VERIFY}",
        )
    return ClientAuth(_known(value, dict.fromkeys(ClientAuth), "type"))


def _known(value: object, names: Mapping[str, object], what: str) -> str:
    if isinstance(value, str) and value in names:
        return value
    near = get_close_matches(str(value), names, n=1)
    raise WrongValueError(
        f"is no {what} of Go's", f"did you mean {near[0]}?" if near else f"write one of {', '.join(names)}"
    )
