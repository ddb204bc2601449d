"""Certificates of the test's own, made by the openssl program: an authority, and what it has signed."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests import parts

CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as files."""

    cert: Path
    key: Path


class Authority:
    """Signs certificates; its own stands in ``ca``."""

    def __init__(self, folder: Path, name: str = "test authority"):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.ca, self._key = folder / "ca.crt", folder / "ca.key"
        openssl("req", "-x509", *CURVE, "-keyout", self._key, "-out", self.ca, "-days", "2", "-subj", f"/CN={name}")

    def sign(self, name: str, *sans: str, rsa: bool = False) -> Pair:
        """Make a certificate for the alternative names *sans*, as ``DNS:localhost``."""
        pair = Pair(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={','.join(sans)}\n" if sans else "")
        kind = ("-newkey", "rsa:2048", "-nodes") if rsa else CURVE
        openssl("req", *kind, "-keyout", pair.key, "-out", request, "-subj", f"/CN={name}")
        signed = ("-CA", self.ca, "-CAkey", self._key, "-CAcreateserial", "-extfile", extensions, "-days", "2")
        openssl("x509", "-req", "-in", request, "-out", pair.cert, *signed)
        return pair

    def server(self, name: str = "server", **options) -> Pair:
        """Make a certificate for this machine as it calls itself."""
        return self.sign(name, "DNS:localhost", "IP:127.0.0.1", **options)

    def client(self, pair: Pair | None = None) -> ssl.SSLContext:
        """Make a client's context that trusts this authority and shows *pair*."""
        context = ssl.create_default_context(cafile=self.ca)
        if pair is not None:
            context.load_cert_chain(pair.cert, pair.key)
        return context


def openssl(*argv: object) -> str:
    """Run openssl and return what it printed."""
    done = subprocess.run(
        [parts.find("openssl"), *map(str, argv)], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
